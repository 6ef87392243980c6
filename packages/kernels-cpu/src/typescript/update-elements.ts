// updateElements: a formula, step by step on blocks of elements that stay in the cache.

import { type ElementOp, updateElements } from '@dl/autograd';
import { kernel } from './kernel.js';

const BLOCK = 1024;

type Block = Float64Array;
/** The loop of an op over the n elements of blocks; it ignores what it does not need. */
type Loop = (y: Block, n: number, a: Block, b: Block, c: Block) => void;

const loops: Readonly<Record<ElementOp, Loop>> = {
  add: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! + b[i]!;
  },
  sub: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! - b[i]!;
  },
  mul: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! * b[i]!;
  },
  div: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! / b[i]!;
  },
  maximum: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = Math.max(a[i]!, b[i]!);
  },
  minimum: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = Math.min(a[i]!, b[i]!);
  },
  less: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! < b[i]! ? 1 : 0;
  },
  lessEqual: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! <= b[i]! ? 1 : 0;
  },
  equal: (y, n, a, b) => {
    for (let i = 0; i < n; i++) y[i] = a[i] === b[i] ? 1 : 0;
  },
  neg: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = -a[i]!;
  },
  abs: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.abs(a[i]!);
  },
  sign: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sign(a[i]!);
  },
  square: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = a[i]! * a[i]!;
  },
  sqrt: (y, n, a) => {
    for (let i = 0; i < n; i++) y[i] = Math.sqrt(a[i]!);
  },
  where: (y, n, a, b, c) => {
    for (let i = 0; i < n; i++) y[i] = a[i] !== 0 ? b[i]! : c[i]!;
  },
};

export const updateElementsKernel = kernel(updateElements, ({ targets, operands }, { formula }) => {
  const count = targets.length / formula.targets;
  const given = formula.targets + formula.operands;
  // In double precision throughout, so that only results are rounded.
  const blocks = Array.from({ length: given + formula.steps.length }, () => new Float64Array(BLOCK));
  formula.steps.forEach((step, s) => {
    if (typeof step === 'number') blocks[given + s]!.fill(step);
  });
  for (let k = 0; k < count; k++) {
    const tensors = [...targets, ...operands].filter((_, i) => i % count === k);
    const { size } = tensors[0]!;
    for (let start = 0; start < size; start += BLOCK) {
      const n = Math.min(BLOCK, size - start);
      tensors.forEach(({ data }, t) => {
        for (let i = 0; i < n; i++) blocks[t]![i] = Number(data[start + i]);
      });
      formula.steps.forEach((step, s) => {
        if (typeof step === 'number') return;
        const [op, a = 0, b = a, c = a] = step;
        loops[op](blocks[given + s]!, n, blocks[a]!, blocks[b]!, blocks[c]!);
      });
      formula.results.forEach((value, t) => {
        const { data } = tensors[t]!;
        for (let i = 0; i < n; i++) data[start + i] = blocks[value]![i]!;
      });
    }
  }
});
