// Kernels of TensorFlow.js have limits that they do not tell of: beyond some number of axes some throw, and some return memory that
// nobody wrote. Here a call with more axes than the device takes becomes calls with fewer, on the same data: neighbours that are
// treated alike are one axis, and what then is still too much is done axis by axis, seen as [outer, length, inner].

import { broadcastShapes, type Shape, sizeOf } from '@dl/autograd';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Operand, Operands, TfjsRun } from './run.js';

type Attrs = Readonly<Record<string, unknown>>;
/** The same call with fewer axes. */
type Fold = (tf: TfjsRun, kernel: string, inputs: Operands, attrs: Attrs, limit: number) => TensorInfo;

/** The call with fewer axes, or undefined where it has no more than `limit` as it is. */
export function withFewAxes(
  tf: TfjsRun,
  kernel: string,
  inputs: Operands,
  attrs: object,
  limit: number,
): TensorInfo | undefined {
  const fold = folds.get(kernel);
  if (fold === undefined || listOf(inputs).every(({ shape }) => shape.length <= limit)) return undefined;
  return fold(tf, kernel, inputs, attrs as Attrs, limit);
}

const listOf = (inputs: Operands): readonly Operand[] => (Array.isArray(inputs) ? inputs : Object.values(inputs));
const only = (inputs: Operands): Operand => listOf(inputs)[0]!;

function view(tf: TfjsRun, x: Operand, shape: Shape): TensorInfo {
  return tf.call('Reshape', { x }, { shape: [...shape] });
}

/** An axis with those before it and those after it taken together. */
const around = (shape: Shape, axis: number): [number, number, number] => [
  sizeOf(shape.slice(0, axis)),
  shape[axis]!,
  sizeOf(shape.slice(axis + 1)),
];

/** Element by element: axes along which every input goes on, or every input stands still as before, are one. */
const elementwise: Fold = (tf, kernel, inputs, attrs, limit) => {
  const shape = listOf(inputs).reduce<Shape>((all, x) => broadcastShapes(kernel, all, x.shape), []);
  const aligned = listOf(inputs).map((x) => [...shape.slice(x.shape.length).map(() => 1), ...x.shape]);
  const groups = runs(
    shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1),
    (a, b) => aligned.every((own) => (own[a] === 1) === (own[b] === 1)),
  );
  const folded = (x: Operand, i: number): TensorInfo =>
    groups.length <= limit
      ? view(tf, x, groups.map((axes) => sizeOf(axes.map((axis) => aligned[i]![axis]!)))) // biome-ignore format: in one
      : view(tf, stretchedTo(tf, view(tf, x, aligned[i]!), shape), [sizeOf(shape)]);
  const names = Object.keys(inputs);
  const results = listOf(inputs).map(folded);
  const y = tf.call(kernel, Object.fromEntries(names.map((name, i) => [name, results[i]!])), attrs);
  return view(tf, y, shape);
};

/** Neighbours in a list that belong together. */
function runs<T>(list: readonly T[], together: (a: T, b: T) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of list) {
    const last = groups.at(-1);
    if (last !== undefined && together(last.at(-1)!, item)) last.push(item);
    else groups.push([item]);
  }
  return groups;
}

function stretchedTo(tf: TfjsRun, x: TensorInfo, shape: Shape): TensorInfo {
  return tiled(
    tf,
    x,
    shape.map((length, axis) => (x.shape[axis] === length ? 1 : length)),
  );
}

/** Repeats along each axis in turn, those of length 1 that are neighbours at once. */
function tiled(tf: TfjsRun, x: Operand, reps: readonly number[]): TensorInfo {
  const isStretched = (axis: number): boolean => x.shape[axis] === 1 && reps[axis]! > 1;
  const groups = runs(
    reps.map((_, axis) => axis).filter((axis) => reps[axis] !== 1),
    (a, b) => b === a + 1 && isStretched(a) && isStretched(b),
  );
  const shape = [...x.shape];
  let y = tf.info(x);
  for (const axes of groups) {
    const [outer, , inner] = [sizeOf(shape.slice(0, axes[0])), 0, sizeOf(shape.slice(axes.at(-1)! + 1))];
    const length = sizeOf(axes.map((axis) => shape[axis]!));
    const times = sizeOf(axes.map((axis) => reps[axis]!));
    y = tf.call('Tile', { x: view(tf, y, [outer, length, inner]) }, { reps: [1, times, 1] });
    for (const axis of axes) shape[axis]! *= reps[axis]!;
  }
  return view(tf, y, shape);
}

/** Axis by axis: `step` does the work for one of them, on [outer, length, inner]. */
function eachAxis(
  tf: TfjsRun,
  x: Operand,
  axes: readonly number[],
  step: (x: TensorInfo, axis: number) => TensorInfo,
): TensorInfo {
  const shape = [...x.shape];
  let y = tf.info(x);
  for (const axis of axes) {
    y = step(view(tf, y, around(shape, axis)), axis);
    shape[axis] = y.shape[1]!;
  }
  return view(tf, y, shape);
}

const axesWhere = ({ shape }: Operand, isMeant: (axis: number) => boolean): number[] =>
  shape.map((_, axis) => axis).filter(isMeant);

const pad: Fold = (tf, kernel, inputs, { paddings, constantValue }) => {
  const pairs = paddings as readonly (readonly [number, number])[];
  const x = only(inputs);
  const padded = axesWhere(x, (axis) => pairs[axis]!.some((count) => count > 0));
  return eachAxis(tf, x, padded, (part, axis) =>
    tf.call(kernel, { x: part }, { paddings: [[0, 0], [...pairs[axis]!], [0, 0]], constantValue }),
  );
};

const slice: Fold = (tf, kernel, inputs, attrs) => {
  const [begin, size] = [attrs['begin'] as readonly number[], attrs['size'] as readonly number[]];
  const x = only(inputs);
  const cut = axesWhere(x, (axis) => x.shape[axis] !== size[axis]);
  return eachAxis(tf, x, cut, (part, axis) =>
    tf.call(kernel, { x: part }, { begin: [0, begin[axis]!, 0], size: [part.shape[0]!, size[axis]!, part.shape[2]!] }),
  );
};

const reverse: Fold = (tf, kernel, inputs, { dims }) =>
  eachAxis(tf, only(inputs), dims as readonly number[], (part) => tf.call(kernel, { x: part }, { dims: [1] }));

/** Along one axis, which keeps its length. */
const along: Fold = (tf, kernel, inputs, attrs) =>
  eachAxis(tf, only(inputs), [attrs['axis'] as number], (part) => tf.call(kernel, { x: part }, { ...attrs, axis: 1 }));

/** Over one axis, which goes. */
const over: Fold = (tf, kernel, inputs, attrs) => {
  const x = only(inputs);
  const axis = attrs['axis'] as number;
  const y = tf.call(kernel, { x: view(tf, x, around(x.shape, axis)) }, { ...attrs, axis: 1 });
  return view(tf, y, x.shape.toSpliced(axis, 1));
};

/** Over several axes, neighbours at once, the last ones first. */
const reduction =
  (name = 'axis'): Fold =>
  (tf, kernel, inputs, attrs) => {
    const x = only(inputs);
    const axes = attrs[name] as readonly number[];
    const shape = [...x.shape];
    let y = tf.info(x);
    for (const group of runs(axes, (a, b) => b === a + 1).toReversed()) {
      const [first, count] = [group[0]!, group.length];
      const length = sizeOf(shape.slice(first, first + count));
      const part = view(tf, y, [sizeOf(shape.slice(0, first)), length, sizeOf(shape.slice(first + count))]);
      y = tf.call(kernel, { x: part }, { ...attrs, [name]: [1], keepDims: false });
      shape.splice(first, count);
    }
    return view(tf, y, shape);
  };

const softmax: Fold = (tf, kernel, inputs) => {
  const { shape } = only(inputs);
  const length = shape.at(-1)!;
  return view(
    tf,
    tf.call(kernel, { logits: view(tf, only(inputs), [sizeOf(shape) / length, length]) }, { dim: 1 }),
    shape,
  );
};

const gather: Fold = (tf, kernel, inputs, attrs) => {
  const { x, indices } = inputs as { readonly x: Operand; readonly indices: Operand };
  const axis = attrs['axis'] as number;
  const y = tf.call(kernel, { x: view(tf, x, around(x.shape, axis)), indices }, { ...attrs, axis: 1 });
  return view(tf, y, x.shape.toSpliced(axis, 1, ...indices.shape));
};

const concat: Fold = (tf, kernel, inputs, attrs) => {
  const parts = listOf(inputs);
  const axis = attrs['axis'] as number;
  const { shape } = parts[0]!;
  const joined = tf.call(
    kernel,
    parts.map((part) => view(tf, part, [sizeOf(part.shape.slice(0, axis)), sizeOf(part.shape.slice(axis))])),
    { axis: 1 },
  );
  return view(tf, joined, shape.with(axis, parts.reduce((sum, part) => sum + part.shape[axis]!, 0))); // biome-ignore format: in one
};

const transpose: Fold = (tf, kernel, inputs, { perm }, limit) => {
  const x = only(inputs);
  const order = perm as readonly number[];
  const groups = runs(
    order.filter((axis) => x.shape[axis] !== 1),
    (a, b) => axesBetween(x.shape, a, b).length === 0,
  );
  const result = order.map((axis) => x.shape[axis]!);
  const sorted = groups.toSorted((a, b) => a[0]! - b[0]!);
  const lengths = sorted.map((axes) => sizeOf(axes.map((axis) => x.shape[axis]!)));
  const places = groups.map((group) => sorted.indexOf(group));
  if (groups.length <= limit) {
    return view(tf, tf.call(kernel, { x: view(tf, x, lengths) }, { perm: places }), result);
  }
  // Each place in turn gets its axis, past those in between: [done, between, axis, rest].
  const current = lengths.map((_, i) => i);
  let y = view(tf, x, lengths);
  for (const [to, place] of places.entries()) {
    const from = current.indexOf(place);
    if (from === to) continue;
    const product = (start: number, end?: number): number => sizeOf(current.slice(start, end).map((i) => lengths[i]!));
    const parts = view(tf, y, [product(0, to), product(to, from), lengths[place]!, product(from + 1)]);
    y = tf.call(kernel, { x: parts }, { perm: [0, 2, 1, 3] });
    current.splice(to, 0, ...current.splice(from, 1));
  }
  return view(tf, y, result);
};

/** Axes between two that are not 1 long; all where they are in the wrong order. */
function axesBetween(shape: Shape, a: number, b: number): readonly number[] {
  return b > a ? shape.slice(a + 1, b).filter((length) => length !== 1) : [a];
}

const tile: Fold = (tf, _, inputs, { reps }) => tiled(tf, only(inputs), reps as readonly number[]);

const EACH = [
  ...[
    'Abs',
    'Cast',
    'Ceil',
    'Cos',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
    'Floor',
    'IsFinite',
    'IsNan',
    'Log',
    'Log1p',
    'LogicalNot',
  ],
  ...[
    'Neg',
    'Reciprocal',
    'Relu',
    'Round',
    'Rsqrt',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Softplus',
    'Sqrt',
    'Square',
    'Tanh',
  ],
  ...['ClipByValue', 'LeakyRelu', 'Add', 'Sub', 'Multiply', 'RealDiv', 'FloorDiv', 'Mod', 'Pow', 'Maximum', 'Minimum'],
  ...['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual', 'LogicalAnd', 'LogicalOr', 'Select'],
];

const folds: ReadonlyMap<string, Fold> = /* @__PURE__ */ new Map<string, Fold>([
  ...EACH.map((name) => [name, elementwise] as const),
  ...['All', 'Any', 'Mean', 'Min', 'Prod', 'Sum'].map((name) => [name, reduction()] as const),
  ['Max', reduction('reductionIndices')],
  ['ArgMax', over],
  ['ArgMin', over],
  ['Cumsum', along],
  ['Softmax', softmax],
  ['GatherV2', gather],
  ['Concat', concat],
  ['Transpose', transpose],
  ['Tile', tile],
  ['PadV2', pad],
  ['Slice', slice],
  ['Reverse', reverse],
]);
