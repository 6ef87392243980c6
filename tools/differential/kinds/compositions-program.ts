// Random programs of ops: which op may follow on a value of which shape, with which options.

import type { Random } from '../random.js';

/** One op on earlier values: inputs first, then the results of the steps, in order. */
export interface Step {
  readonly op: string;
  readonly of: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
}

const LARGEST = 160;
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
const same = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

export class Program {
  readonly shapes: (readonly number[])[];
  readonly steps: Step[] = [];
  readonly random: Random;

  constructor(random: Random, inputs: readonly (readonly number[])[]) {
    this.random = random;
    this.shapes = [...inputs];
  }

  shape(value: number): readonly number[] {
    return this.shapes[value]!;
  }

  push(op: string, of: readonly number[], shape: readonly number[], options: Step['options'] = {}): number {
    this.steps.push({ op, of, options });
    this.shapes.push(shape);
    return this.shapes.length - 1;
  }

  /** Adds an op, and what has to come before it; true if there was one that fits. */
  grow(): boolean {
    const last = this.shapes.length - 1;
    const x = this.random.chance(0.7) ? last : this.random.whole(0, last);
    return this.random.pick(rules)(this, x, this.random) !== undefined;
  }

  /** Any value whose shape stretches together with that of x, x itself among them. */
  partner(x: number): { readonly other: number; readonly shape: readonly number[] } {
    const fitting = this.shapes.flatMap((shape, other): { other: number; shape: readonly number[] }[] => {
      const joint = broadcast(shape, this.shape(x));
      return joint === undefined || sizeOf(joint) > LARGEST ? [] : [{ other, shape: joint }];
    });
    return fitting.length === 0 ? { other: x, shape: this.shape(x) } : this.random.pick(fitting);
  }
}

function broadcast(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const joint: number[] = [];
  for (let i = 1; i <= rank; i++) {
    const [m, n] = [a.at(-i) ?? 1, b.at(-i) ?? 1];
    if (m !== n && m !== 1 && n !== 1) return undefined;
    joint.unshift(Math.max(m, n));
  }
  return joint;
}

/** Pushes the op and gives its result; undefined where the value's shape is not for it. */
type Rule = (p: Program, x: number, r: Random) => number | undefined;

const unary = (op: string, options: (r: Random) => Step['options'] = () => ({}), before?: Rule): Rule => {
  return (p, x, r) => {
    const of = before?.(p, x, r) ?? x;
    return p.push(op, [of], p.shape(of), options(r));
  };
};

/** Mostly above 0, for what is not defined elsewhere. */
const positive: Rule = (p, x, r) => {
  if (r.chance(0.1)) return x;
  const size = p.push('abs', [x], p.shape(x));
  return r.chance(0.2) ? size : p.push('addScalar', [size], p.shape(x), { value: 0.5 });
};

const unaries: Rule[] = [
  ...['abs', 'neg', 'expm1', 'erf', 'sin', 'cos', 'tanh', 'sigmoid', 'square', 'relu', 'silu', 'mish', 'selu'],
  ...['hardSwish', 'hardSigmoid', 'floor', 'ceil', 'round', 'sign', 'clone'],
].map((op) => unary(op));
unaries.push(
  ...['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'].map((op) => unary(op, undefined, positive)),
  unary('exp', undefined, (p, x, r) => (r.chance(0.5) ? p.push('sin', [x], p.shape(x)) : x)),
  unary('elu', (r) => ({ alpha: r.pick([1, 0.5, 2]) })),
  unary('leakyRelu', (r) => ({ slope: r.pick([0.01, 0, 0.5]) })),
  unary('softplus', (r) => ({ beta: r.pick([1, 0.5, 3]) })),
  unary('gelu', (r) => ({ approximate: r.pick(['none', 'tanh']) })),
  unary('clamp', (r) => ({ min: r.pick([-1, 0, -0.5]), max: r.pick([0.5, 1, 2]) })),
  unary('power', (r) => ({ value: r.pick([0, 1, 2, 3]) })),
  unary('power', (r) => ({ value: r.pick([0.5, -1, 1.5, -2]) }), positive),
  unary('addScalar', (r) => ({ value: r.pick([-1, 0.5, 1]) })),
  unary('mulScalar', (r) => ({ value: r.pick([-1, 0, 0.25, 0.5]) })),
  unary('modScalar', (r) => ({ value: r.pick([1, 0.75, -2]) })),
);

const binary = (op: string, before?: Rule): Rule => {
  return (p, x, r) => {
    const { other, shape } = p.partner(x);
    const of = r.chance(0.5) ? [x, other] : [other, x];
    if (before !== undefined) of[op === 'pow' ? 0 : 1] = before(p, of[op === 'pow' ? 0 : 1]!, r)!;
    return p.push(op, of, shape);
  };
};
const binaries: Rule[] = [
  ...['add', 'sub', 'mul', 'maximum', 'minimum', 'whereGreater'].map((op) => binary(op)),
  ...['div', 'pow', 'mod'].map((op) => binary(op, positive)),
  (p, x, r) => p.push('maskedFill', [x], p.shape(x), { above: r.pick([0, 0.5]), value: r.pick([0, -1, 3]) }),
];

/** Some axes of a shape, or null for all. */
function someAxes(r: Random, rank: number): readonly number[] | null {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => r.chance(0.5));
  return axes.length === 0 ? null : axes.map((axis) => (r.chance(0.3) ? axis - rank : axis));
}

function reduced(p: Program, x: number, op: string, options: Step['options'] = {}): number {
  const shape = p.shape(x);
  const axes = someAxes(p.random, shape.length);
  const keepDims = p.random.chance(0.4);
  const over = axes?.map((axis) => (axis + shape.length) % shape.length);
  const left = shape.flatMap((length, axis) =>
    over === undefined || over.includes(axis) ? (keepDims ? [1] : []) : [length],
  );
  return p.push(op, [x], left, { axes, keepDims, ...options });
}
const reductions: Rule[] = [
  ...['sum', 'mean', 'max', 'min', 'prod', 'logSumExp'].map(
    (op): Rule =>
      (p, x) =>
        reduced(p, x, op),
  ),
  ...['variance', 'std'].map(
    (op): Rule =>
      (p, x, r) =>
        reduced(p, x, op, { correction: r.pick([0, 1]) }),
  ),
  (p, x, r) => reduced(p, x, 'norm', { p: r.pick([2, 2, 1, 3, 1.5, 0.5, 'inf']) }),
];

/** An op along one axis, which keeps the shape unless `length` says otherwise. */
const along = (op: string, options: (r: Random, length: number) => Step['options'] = () => ({})): Rule => {
  return (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length === 0) return undefined;
    const axis = r.whole(0, shape.length - 1);
    const drawn = options(r, shape[axis]!);
    const count = drawn['length'] as number | undefined;
    const result = shape.map((length, i) => (i === axis ? (count ?? length) : length));
    return p.push(op, [x], result, { axis: r.chance(0.3) ? axis - shape.length : axis, ...drawn });
  };
};
const alongs: Rule[] = [
  along('softmax'),
  along('logSoftmax'),
  along('cumsum', (r) => ({ reverse: r.chance(0.4) })),
  along('sort', (r) => ({ descending: r.chance(0.5) })),
  along('topK', (r, most) => ({ length: r.whole(1, most), largest: r.chance(0.5) })),
  along('flip'),
  along('roll', (r) => ({ shift: r.whole(-2, 3) })),
  along('indexSelect', (r, length) => {
    const index = r.list(r.whole(1, 4), () => r.whole(0, length - 1));
    return { index, length: index.length };
  }),
  along('sliceRange', (r, length) => {
    const [start, step] = [r.whole(0, length - 1), r.whole(1, 2)];
    const stop = r.whole(start + 1, length);
    return { start, stop, step, length: Math.ceil((stop - start) / step) };
  }),
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length === 0) return undefined;
    const axis = r.whole(0, shape.length - 1);
    const indices = r.list(sizeOf(shape), () => r.whole(0, shape[axis]! - 1));
    return r.chance(0.5)
      ? p.push('gather', [x], shape, { axis, indices })
      : p.push('scatterAdd', [x, r.pick(p.shapes.flatMap((s, i) => (same(s, shape) ? [i] : [])))], shape, {
          axis,
          indices,
        });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    const axis = shape.findIndex((length) => length % 2 === 0);
    if (axis < 0 || r.chance(0.3)) return undefined;
    return p.push(
      'glu',
      [x],
      shape.map((length, i) => (i === axis ? length / 2 : length)),
      { axis },
    );
  },
];

const reshapes: Rule[] = [
  (p, x, r) => {
    const order = Array.from(p.shape(x).keys());
    for (let i = order.length - 1; i > 0; i--) {
      const j = r.whole(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return p.push(
      'permute',
      [x],
      order.map((axis) => p.shape(x)[axis]!),
      { order },
    );
  },
  (p, x, r) => {
    const size = sizeOf(p.shape(x));
    const first = r.pick([1, 2, 3, 4, 6].filter((length) => size % length === 0));
    return p.push('reshape', [x], [first, size / first], { shape: [first, r.pick([-1, size / first])] });
  },
  (p, x) => {
    const axis = p.random.whole(0, p.shape(x).length);
    return p.shape(x).length > 3 ? undefined : p.push('unsqueeze', [x], p.shape(x).toSpliced(axis, 0, 1), { axis });
  },
  (p, x, r) => {
    const shape = p.shape(x).map((length) => (length === 1 ? r.whole(1, 3) : length));
    return sizeOf(shape) > LARGEST ? undefined : p.push('expand', [x], shape, { shape });
  },
  (p, x, r) => {
    const counts = p.shape(x).map(() => r.pick([1, 1, 2]));
    const shape = p.shape(x).map((length, i) => length * counts[i]!);
    return sizeOf(shape) > LARGEST ? undefined : p.push('repeat', [x], shape, { counts });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    const pads = shape.map(() => [r.whole(0, 2), r.whole(0, 1)]);
    const result = shape.map((length, i) => length + pads[i]![0]! + pads[i]![1]!);
    if (sizeOf(result) > LARGEST || shape.length === 0) return undefined;
    return p.push('pad', [x], result, { pads, value: r.pick([0, 0, 1.5]) });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length !== 3) return undefined;
    const mode = r.pick(['reflect', 'replicate', 'circular']);
    const most = Math.min(2, mode === 'replicate' ? 2 : shape[2]! - (mode === 'reflect' ? 1 : 0));
    const [before, after] = [r.whole(0, most), r.whole(0, most)];
    return p.push('padEdge', [x], [shape[0]!, shape[1]!, shape[2]! + before + after], { mode, before, after });
  },
  (p, x, r) => {
    if (p.shape(x).length < 2) return undefined;
    return p.push(r.pick(['tril', 'triu']), [x], p.shape(x), { diagonal: r.whole(-1, 1) });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    const alike = p.shapes.flatMap((other, i) => (same(other, shape) ? [i] : []));
    if (sizeOf(shape) * 2 > LARGEST || shape.length > 3) return undefined;
    if (shape.length === 0 || r.chance(0.4)) {
      return p.push('stack', [x, r.pick(alike)], [2, ...shape], { axis: 0 });
    }
    const axis = r.whole(0, shape.length - 1);
    const result = shape.map((length, i) => (i === axis ? length * 2 : length));
    return p.push('concat', [x, r.pick(alike)], result, { axis });
  },
];

const products: Rule[] = [
  (p, x, r) => {
    const shape = p.shape(x);
    const inner = shape.at(-1);
    if (inner === undefined) return undefined;
    const fitting = p.shapes.flatMap((other, i) =>
      other.length <= 2 && other.length > 0 && other.at(-2) === inner ? [i] : [],
    );
    if (fitting.length > 0) {
      const other = r.pick(fitting);
      return p.push('matmul', [x, other], [...shape.slice(0, -1), p.shape(other)[1]!]);
    }
    if (shape.length < 2) return p.push('outer', [x, x], [inner, inner]);
    const rows = shape.at(-2)!;
    return r.chance(0.5)
      ? p.push('matmulOwn', [x], [...shape.slice(0, -2), rows, rows], { side: 'b' })
      : p.push('matmulOwn', [x], [...shape.slice(0, -2), inner, inner], { side: 'a' });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    const equations: Record<number, readonly [string, readonly number[]][]> = {
      1: [
        ['a,a->', []],
        ['a,b->ba', [0, 0]],
      ],
      2: [
        ['ab,cb->ca', [0, 0]],
        ['ab,ab->b', [1]],
        ['ab,ac->bc', [1, 1]],
      ],
      3: [
        ['abc,adc->abd', [0, 1, 1]],
        ['abc,abd->acd', [0, 2, 2]],
        ['abc,abc->ac', [0, 2]],
      ],
    };
    if (shape.length < 1 || shape.length > 3) return undefined;
    const alike = p.shapes.flatMap((other, i) => (same(other, shape) ? [i] : []));
    const [equation, axes] = r.pick(equations[shape.length]!);
    const result = axes.map((axis) => shape[axis]!);
    return sizeOf(result) > LARGEST ? undefined : p.push('einsum', [x, r.pick(alike)], result, { equation });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length < 2 || shape.length > 4) return undefined;
    const alike = p.shapes.flatMap((other, i) => (same(other, shape) ? [i] : []));
    return p.push('attention', [x, r.pick(alike), r.pick(alike)], shape, { isCausal: r.chance(0.4) });
  },
];

const norms: Rule[] = [
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length === 0) return undefined;
    return p.push(r.pick(['layerNorm', 'rmsNorm']), [x], shape, { last: r.whole(1, shape.length), eps: 1e-2 });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length < 2) return undefined;
    const groups = r.pick([1, 2, 3, 4].filter((count) => shape[1]! % count === 0));
    return p.push('groupNorm', [x], shape, { groups, eps: 1e-2 });
  },
  (p, x) => {
    const shape = p.shape(x);
    if (shape.length < 2 || sizeOf(shape) / shape[1]! < 2) return undefined;
    return p.push('batchNorm', [x], shape, { eps: 1e-2 });
  },
];

const length = (of: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((of + 2 * padding - kernel) / stride) + 1;

const windows: Rule[] = [
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length !== 4) return undefined;
    const [kernel, stride] = [r.whole(1, 3), r.whole(1, 2)];
    const padding = r.whole(0, Math.floor(kernel / 2));
    const [h, w] = shape.slice(2).map((of) => length(of, kernel, stride, padding));
    if (h! < 1 || w! < 1) return undefined;
    const options = { kernel, stride, padding };
    return r.chance(0.5)
      ? p.push('maxPool2d', [x], [shape[0]!, shape[1]!, h!, w!], options)
      : p.push('avgPool2d', [x], [shape[0]!, shape[1]!, h!, w!], { ...options, countIncludePad: r.chance(0.5) });
  },
  (p, x, r) => {
    const shape = p.shape(x);
    if (shape.length !== 4 && shape.length !== 3) return undefined;
    const fitting = p.shapes.flatMap((weight, i) =>
      weight.length === shape.length && weight[1] === shape[1] && weight.slice(2).every((k, a) => k <= shape[a + 2]!)
        ? [i]
        : [],
    );
    if (fitting.length === 0) return undefined;
    const other = r.pick(fitting);
    const [stride, padding] = [r.whole(1, 2), r.whole(0, 1)];
    const places = shape.slice(2).map((of, a) => length(of, p.shape(other)[a + 2]!, stride, padding));
    const result = [shape[0]!, p.shape(other)[0]!, ...places];
    return sizeOf(result) > LARGEST ? undefined : p.push('conv', [x, other], result, { stride, padding });
  },
];

const families = [unaries, unaries, binaries, reductions, alongs, reshapes, products, norms, windows];
const rules: readonly Rule[] = families.map((family) => (p, x, r) => r.pick(family)(p, x, r));
