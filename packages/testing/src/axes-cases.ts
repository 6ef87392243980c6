// The samples of an op over 1 to 9 axes. What an op takes is what its `infer` takes, so nothing is written by hand for an op.

import type { AnyOp, DType, Shape } from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { accepts, type Content, retyped, type Template, templateOf } from './generated-inputs.js';

/** The lengths of nine axes; of fewer, the last ones. */
const LENGTHS: Shape = [2, 2, 3, 2, 2, 3, 2, 2, 2];

const ALL_RANKS = LENGTHS.map((_, axis) => axis + 1);

/** Where other libraries' limits have been met: beside floats, every dtype is tried here. */
const RANKS_OF_ALL_DTYPES: readonly number[] = [5, 7, 9];

/** A way of giving the inputs of a sample `rank` axes: their shapes and attributes, or undefined where it has none. */
type Layout = (
  template: Template,
  rank: number,
) => { readonly contents: readonly Content[]; readonly attrs: object } | undefined;

/** Attributes of ops on images, which have four axes. */
const OF_IMAGES = ['stride', 'geometry'];

/** Cases of 1 to 9 axes for an op, from the first of its samples of each kind. */
export function axesCases(
  op: AnyOp,
  cases: readonly SampleCase[],
  ranks: readonly number[] = ALL_RANKS,
): (() => SampleCase)[] {
  if (OF_IMAGES.some((name) => name in op.defaults)) return [];
  return firstOfEachKind(op, cases).flatMap((template) => {
    const dtypes = template.contents.some(({ dtype }) => dtype === 'float32') ? (['int32', 'bool'] as const) : [];
    return ranks.flatMap((rank) => {
      const others: readonly DType[] = RANKS_OF_ALL_DTYPES.includes(rank) ? dtypes : [];
      return (['float32', ...others] as const).flatMap((dtype) => ofRank(op, template, rank, dtype));
    });
  });
}

/** Inputs of other dtypes are another kind. */
function firstOfEachKind(op: AnyOp, cases: readonly SampleCase[]): Template[] {
  const kinds = new Map<string, Template>();
  for (const sample of cases) {
    const template = templateOf(op, sample);
    const kind = template.contents.map(({ dtype }) => dtype).join();
    if (!kinds.has(kind) && template.contents.length > 0) kinds.set(kind, template);
  }
  return [...kinds.values()];
}

/** All inputs alike, or broadcast against each other; failing that, more axes around those of the sample. */
function ofRank(op: AnyOp, template: Template, rank: number, dtype: DType): (() => SampleCase)[] {
  const tried = (layouts: readonly Layout[]): (() => SampleCase)[] => {
    const found = new Map<string, () => SampleCase>();
    for (const layout of layouts) {
      const laid = layout(template, rank);
      if (laid === undefined) continue;
      const contents = retyped(laid.contents, dtype);
      if (accepts(op, template, contents, laid.attrs) === undefined) continue;
      found.set(contents.map(({ shape }) => shape.join()).join(';'), () => template.make(contents, laid.attrs));
    }
    return [...found.values()];
  };
  const filled = tried([alike, stretched, shorter]);
  return filled.length > 0 ? filled : tried(lifts);
}

const lengthsOf = (rank: number): Shape => LENGTHS.slice(LENGTHS.length - rank);

const withShapes = ({ contents }: Template, shapeOf: (content: Content, i: number) => Shape): readonly Content[] =>
  contents.map((content, i) => {
    const shape = shapeOf(content, i);
    return { ...content, shape, ...(content.isIndex && shape !== content.shape && { source: FEW }) };
  });

/** No axis is shorter than 2. */
const FEW = { shape: [1], dtype: 'int32', low: 0, high: 2 } as const;

const alike: Layout = (template, rank) => {
  const attrs = attrsFor(template.attrs, lengthsOf(rank));
  return attrs && { contents: withShapes(template, () => lengthsOf(rank)), attrs };
};

/** Each input has some of the axes, the others are 1: no two neighbours can be taken together. */
const stretched: Layout = (template, rank) => {
  // One input alone only where it is to be stretched by the op.
  if (template.contents.length === 1 && !('shape' in template.attrs)) return undefined;
  const attrs = attrsFor(template.attrs, lengthsOf(rank));
  const parts = Math.max(2, template.contents.length);
  return (
    attrs && {
      contents: withShapes(template, (_, i) =>
        lengthsOf(rank).map((length, axis) => (axis % parts === i % parts ? length : 1)),
      ),
      attrs,
    }
  );
};

/** The first input has all the axes, the others the last half of them. */
const shorter: Layout = (template, rank) => {
  const attrs = attrsFor(template.attrs, lengthsOf(rank));
  return (
    attrs && {
      contents: withShapes(template, (_, i) =>
        i === 0 ? lengthsOf(rank) : lengthsOf(rank).slice(Math.floor(rank / 2)),
      ),
      attrs,
    }
  );
};

/** Attributes for inputs of a shape; undefined where they describe each axis, as a slice's do. */
function attrsFor(attrs: Readonly<Record<string, unknown>>, shape: Shape): object | undefined {
  const rank = shape.length;
  if (['starts', 'pads', 'length'].some((name) => name in attrs)) return undefined;
  const all = shape.map((_, axis) => axis);
  return {
    ...attrs,
    ...('axis' in attrs && { axis: [0, Math.floor(rank / 2), rank - 1][rank % 3]! }),
    // No two neighbours, and not the same ones each time.
    ...('axes' in attrs && { axes: all.filter((axis) => axis % 2 === Math.floor(rank / 2) % 2) }),
    ...('order' in attrs && {
      order: [...all.filter((axis) => axis % 2 === 1), ...all.filter((axis) => axis % 2 === 0)],
    }),
    ...('shape' in attrs && { shape }),
  };
}

/** Places among `rank` axes for those of a sample that has fewer. */
type Places = (own: number, rank: number) => number[];

const PLACES: readonly Places[] = [
  (own, rank) => Array.from({ length: own }, (_, i) => rank - own + i),
  (own) => Array.from({ length: own }, (_, i) => i),
  // One new axis before each as long as there are some.
  (own, rank) => Array.from({ length: own }, (_, i) => i + Math.min(i + 1, rank - own)),
];

/** More axes around those of the first input, and of the others that have as many, or of all, or of the first alone. */
const lifts: readonly Layout[] = PLACES.flatMap((places) =>
  [
    (content: Content, first: Content) => content.shape.length === first.shape.length,
    () => true,
    (content: Content, first: Content) => content === first,
  ].map(
    (isLifted): Layout =>
      (template, rank) => {
        const [first] = template.contents;
        const own = first!.shape.length;
        if (own === 0 || own >= rank) return undefined;
        const lift = <T>(list: readonly T[], other: (axis: number) => T): T[] => {
          const at = places(list.length, list.length + rank - own);
          const lifted = Array.from({ length: list.length + rank - own }, (_, axis) => other(axis));
          for (const [i, item] of list.entries()) lifted[at[i]!] = item;
          return lifted;
        };
        const length = (axis: number): number => LENGTHS[axis % LENGTHS.length]!;
        const contents = withShapes(template, (content) =>
          isLifted(content, first!) ? lift(content.shape, length) : content.shape,
        ).map((content, i) => ({ ...content, source: template.contents[i]!.source }));
        return { contents, attrs: liftedAttrs(template.attrs, places(own, rank), lift) };
      },
  ),
);

function liftedAttrs(
  attrs: Readonly<Record<string, unknown>>,
  at: readonly number[],
  lift: <T>(list: readonly T[], other: (axis: number) => T) => T[],
): object {
  const moved = (axis: unknown): number => at.at(axis as number)!;
  const list = (name: string): readonly number[] => attrs[name] as readonly number[];
  const length = (axis: number): number => LENGTHS[axis % LENGTHS.length]!;
  return {
    ...attrs,
    ...('axis' in attrs && { axis: moved(attrs['axis']) }),
    ...('axes' in attrs && { axes: list('axes').map(moved) }),
    ...('starts' in attrs && { starts: lift(list('starts'), () => 0), steps: lift(list('steps'), () => 1) }),
    ...('pads' in attrs && { pads: lift(attrs['pads'] as readonly (readonly number[])[], (axis) => [axis % 2, 0]) }),
    ...('shape' in attrs && { shape: lift(list('shape'), length) }),
  };
}
