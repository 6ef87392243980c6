// What the kernels of attention are told: sizes, addresses and attributes, in the order in which assembly/attention-plan.ts reads them.

import { bytesPerElement, type KernelTensor, type scaledDotProductAttention } from '@dl/autograd';
import { pointerOf, pointerOr0, type WasmEngine } from './engine.js';

type Attrs = (typeof scaledDotProductAttention)['defaults'];

interface Tensors {
  readonly q: KernelTensor;
  readonly k: KernelTensor;
  readonly v: KernelTensor;
  readonly mask: KernelTensor | undefined;
  readonly bias?: KernelTensor | undefined;
  readonly y?: KernelTensor;
  readonly lse?: KernelTensor | undefined;
  readonly dy?: KernelTensor;
  readonly dq?: KernelTensor;
  readonly dk?: KernelTensor;
  readonly dv?: KernelTensor;
  readonly dbias?: KernelTensor;
}

export interface AttentionPlan {
  readonly pointer: number;
  /** Heads that share keys, of all batches: each has so many rows, in so many blocks. */
  readonly groups: number;
  readonly blocks: number;
  /** Queries that are taken together. */
  readonly rowBlock: number;
  /** Multiplications of a group for each number of q or v: its rows times keys. */
  readonly scores: number;
}

// What is taken together stays in the second-level cache, packed. Blocks of keys are whole tiles in either build.
const MOST_ROWS = 128;
const MOST_KEYS = 192;
const TILES = 12;
const STRIP = 8;

// Farther than any length, and far from overflow.
const FAR = 2 ** 30;

/** Blocks of one size, none longer than `most`, of whole units. */
function blockOf(length: number, most: number, unit: number): number {
  const blocks = Math.ceil(length / most);
  return Math.ceil(length / blocks / unit) * unit;
}

export function writeAttentionPlan(engine: WasmEngine, tensors: Tensors, attrs: Attrs): AttentionPlan {
  const { q, k, v, mask, bias, y, lse, dy, dq, dk, dv, dbias } = tensors;
  const { scale, causal, offset, window, softcap, dropoutP, seed, position } = attrs;
  const [batch, heads, queries, features] = q.shape as readonly [number, number, number, number];
  const [, keyHeads, keys] = k.shape as readonly [number, number, number, number];
  const rows = (heads / keyHeads) * queries;
  const rowBlock = blockOf(rows, MOST_ROWS, STRIP);
  const lowest = window > 0 ? offset - window + 1 : -FAR;
  const highest = causal ? offset : window > 0 ? offset + window - 1 : FAR;
  const within = (place: number): number => Math.max(-FAR, Math.min(FAR, place));
  const pointer = engine.writePlan([
    0,
    ...[heads, keyHeads, queries, keys, features, v.shape[3]!, blockOf(keys, MOST_KEYS, TILES), rowBlock],
    ...[pointerOf(q), pointerOf(k), pointerOf(v), pointerOr0(y), pointerOr0(lse)],
    ...[pointerOr0(mask), ...stepsOf(mask), pointerOr0(bias), ...stepsOf(bias)],
    ...[scale, within(lowest), within(highest), softcap],
    // A draw of 24 bits is below p, as a fraction, where it is below this.
    ...[Math.ceil(dropoutP * 2 ** 24), dropoutP === 1 ? 0 : 1 / (1 - dropoutP)],
    ...[seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, position],
    ...[pointerOr0(dy), pointerOr0(dq), pointerOr0(dk), pointerOr0(dv), pointerOr0(dbias)],
  ]);
  const groups = batch * keyHeads;
  return { pointer, groups, blocks: Math.ceil(rows / rowBlock), rowBlock, scores: rows * keys };
}

/** The steps in bytes along the four axes: 0 where it is broadcast. */
function stepsOf(x: KernelTensor | undefined): readonly number[] {
  if (x === undefined) return [0, 0, 0, 0];
  let step = bytesPerElement(x.dtype);
  return x.shape
    .toReversed()
    .map((length) => {
      const own = length === 1 ? 0 : step;
      step *= length;
      return own;
    })
    .toReversed();
}

/** Whether all results are finite; where one is not, it matters what 0 was multiplied by, and TypeScript makes its row anew. */
export function isFinished(engine: WasmEngine): boolean {
  return engine.planAt(0) === 0;
}

/** What the kernels take: there is something to compute, in single precision. */
export function isForWasm({ q, k, v }: Pick<Tensors, 'q' | 'k' | 'v'>): boolean {
  return q.dtype === 'float32' && q.size > 0 && k.size > 0 && v.size > 0;
}
