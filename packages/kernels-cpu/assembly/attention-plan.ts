// What a call of attention is about: sizes, addresses and attributes, in the order in which src/wasm/attention-plan.ts writes them down,
// each in double precision. And where the rows of a strip stand.
//
// Queries of heads that share keys are rows of one group. Rows are taken eight at a time, a strip, as lanes of two vectors: what is
// done along the keys is done for all of them, and nothing is ever summed across lanes.

export let heads: i32 = 0;
export let keyHeads: i32 = 0;
export let queries: i32 = 0;
export let keys: i32 = 0;
export let features: i32 = 0;
/** Features of the values. */
export let width: i32 = 0;
/** Keys and rows that are taken together. */
export let keyBlock: i32 = 0;
export let rowBlock: i32 = 0;
export let q: usize = 0;
export let k: usize = 0;
export let v: usize = 0;
export let y: usize = 0;
/** log Σ e^score for each query, or 0. */
export let lse: usize = 0;
/** Bools and floats, or 0, and the steps in bytes between neighbours along batch, heads, queries and keys; 0 where they are broadcast. */
export let mask: usize = 0;
let maskBatch: usize = 0;
let maskHead: usize = 0;
let maskQuery: usize = 0;
export let maskKey: usize = 0;
export let bias: usize = 0;
export let biasBatch: usize = 0;
export let biasHead: usize = 0;
export let biasQuery: usize = 0;
export let biasKey: usize = 0;
export let scale: f32 = 0;
/** Query i looks at keys from i + lowest to i + highest. */
let lowest: i32 = 0;
let highest: i32 = 0;
/** 0 for none. */
export let softcap: f32 = 0;
/** Dropout: whose 24 random bits are below this is left out, 0 for none; and what the others are multiplied by. */
export let limit: i32 = 0;
export let keptScale: f32 = 0;
export let key0: i32 = 0;
export let key1: i32 = 0;
/** The place of the first weight of all in the generator's stream. */
export let position: u64 = 0;
export let dy: usize = 0;
export let dq: usize = 0;
export let dk: usize = 0;
export let dv: usize = 0;
export let dbias: usize = 0;

/** Rows of a group. */
export let rows: i32 = 0;
/** Its blocks of rows. */
export let rowBlocks: i32 = 0;
/** Whether a result is not a finite number. */
let isBroken: bool = false;

// @ts-ignore: decorator
@inline
function whole(plan: usize, i: usize): i32 {
  return <i32>load<f64>(plan + (i << 3));
}

// @ts-ignore: decorator
@inline
function unsigned(plan: usize, i: usize): u32 {
  return <u32>load<f64>(plan + (i << 3));
}

export function readPlan(plan: usize): void {
  heads = whole(plan, 1);
  keyHeads = whole(plan, 2);
  queries = whole(plan, 3);
  keys = whole(plan, 4);
  features = whole(plan, 5);
  width = whole(plan, 6);
  keyBlock = whole(plan, 7);
  rowBlock = whole(plan, 8);
  q = unsigned(plan, 9);
  k = unsigned(plan, 10);
  v = unsigned(plan, 11);
  y = unsigned(plan, 12);
  lse = unsigned(plan, 13);
  mask = unsigned(plan, 14);
  maskBatch = unsigned(plan, 15);
  maskHead = unsigned(plan, 16);
  maskQuery = unsigned(plan, 17);
  maskKey = unsigned(plan, 18);
  bias = unsigned(plan, 19);
  biasBatch = unsigned(plan, 20);
  biasHead = unsigned(plan, 21);
  biasQuery = unsigned(plan, 22);
  biasKey = unsigned(plan, 23);
  scale = <f32>load<f64>(plan + (24 << 3));
  lowest = whole(plan, 25);
  highest = whole(plan, 26);
  softcap = <f32>load<f64>(plan + (27 << 3));
  limit = whole(plan, 28);
  keptScale = <f32>load<f64>(plan + (29 << 3));
  key0 = <i32>unsigned(plan, 30);
  key1 = <i32>unsigned(plan, 31);
  position = <u64>load<f64>(plan + (32 << 3));
  dy = unsigned(plan, 33);
  dq = unsigned(plan, 34);
  dk = unsigned(plan, 35);
  dv = unsigned(plan, 36);
  dbias = unsigned(plan, 37);
  rows = heads / keyHeads * queries;
  rowBlocks = (rows + rowBlock - 1) / rowBlock;
  isBroken = false;
}

/** Notes a result that is not finite: then what 0 was multiplied by matters, and the kernel in TypeScript takes over. */
export function noteBroken(): void {
  isBroken = true;
}

/** Tells so in the first place of the plan. Threads that do write the same. */
export function tellBroken(plan: usize): void {
  if (isBroken) store<f64>(plan, 1);
}

/** Bytes that are written down for a strip, and where: four for each of its eight rows. */
export const STRIP: usize = 256;
/** The first and the last key that a row looks at. */
export const LO: usize = 0;
export const HI: usize = 32;
/** Where mask and bias of a row begin. */
export const MASK_AT: usize = 64;
export const BIAS_AT: usize = 96;
/** The largest score so far, and the sum of the weights beside it; or, on the way back, log Σ 2^score and Σ dy y. */
export const TOP: usize = 128;
export const SUM: usize = 160;
/** What the weights so far are multiplied by, since there is a larger score. */
export const GROWTH: usize = 192;
/** The keys that any row looks at, and those that all do: the first, and the one behind the last. */
export const START: usize = 224;
export const END: usize = 228;
export const ALL_START: usize = 232;
export const ALL_END: usize = 236;
/** How many rows there are. */
export const LANES: usize = 240;
/** Panels of keys that it has weights for, in the block at hand. */
export const FIRST_PANEL: usize = 244;
export const END_PANEL: usize = 248;

/** Writes down a strip of rows from `row` on, of those before `rowEnd`, of a group. */
export function placeStrip(strip: usize, group: i32, row: i32, rowEnd: i32): void {
  const batch = group / keyHeads;
  const firstHead = group % keyHeads * (heads / keyHeads);
  const lanes = min(8, rowEnd - row);
  let start = keys;
  let end = 0;
  let allStart = 0;
  let allEnd = lanes == 8 ? keys : 0;
  for (let lane = 0; lane < 8; lane++) {
    // Missing rows are the last one again, and look at nothing.
    const r = row + min(lane, lanes - 1);
    const head = firstHead + r / queries;
    const query = r % queries;
    const lo = max(query + lowest, 0);
    const hi = lane < lanes ? min(query + highest, keys - 1) : -1;
    if (lane < lanes) {
      start = min(start, lo);
      end = max(end, hi + 1);
      allStart = max(allStart, lo);
      allEnd = min(allEnd, hi + 1);
    }
    const at = strip + (<usize>lane << 2);
    store<i32>(at, lo, LO);
    store<i32>(at, hi, HI);
    const m = mask + <usize>batch * maskBatch + <usize>head * maskHead + <usize>query * maskQuery;
    const b = bias + <usize>batch * biasBatch + <usize>head * biasHead + <usize>query * biasQuery;
    store<u32>(at, <u32>m, MASK_AT);
    store<u32>(at, <u32>b, BIAS_AT);
  }
  store<i32>(strip, start, START);
  store<i32>(strip, end, END);
  store<i32>(strip, allStart, ALL_START);
  store<i32>(strip, allEnd, ALL_END);
  store<i32>(strip, lanes, LANES);
}

/** The place of row `row` of a group in [batch, heads, queries]. */
// @ts-ignore: decorator
@inline
export function rowAt(group: i32, row: i32): usize {
  return <usize>group * <usize>rows + <usize>row;
}

// The scratch of a task, taken piece by piece.
let roomEnd: usize = 0;

export function beginRoom(at: usize): void {
  roomEnd = at;
}

export function takeRoom(bytes: usize): usize {
  const at = roomEnd;
  roomEnd = (at + bytes + 63) & ~63;
  return at;
}

export function roomTaken(): usize {
  return roomEnd;
}
