// Batches of tokens: streams for networks that carry a state, windows for those that do not, and rows that are filled up where there are several texts.

import { ArgumentError, Generator } from '@dl/autograd';
import { type BpttBatch, bpttLoader, type Loader, type NdArray, padSequences, streamLoader } from '@dl/data';
import type { Batch, Batches } from '@dl/train';
import type { CorpusPart } from './corpus.js';
import type { Loaded } from './rounds.js';

/** What a network is fed with. */
export interface Feed {
  readonly batches: Loaded;
  /** How many batches are a pass over all of the text. */
  readonly perPass: number;
}

/** How batches are cut. */
export interface Cutting {
  readonly batch: number;
  /** Tokens of a piece. */
  readonly length: number;
  /** What stands before each piece. */
  readonly begin: number;
  readonly seed: number;
}

/** Rows of tokens, each to be predicted from those before it. */
type Rows = { readonly tokens: NdArray<Int32Array> };

/** Streams side by side, a piece of each at a time: {@link BpttBatch} with the begin token where a stream begins. Each token is a target once in a pass. */
export function streams({ rows }: CorpusPart, { batch, length, begin, seed }: Cutting): Feed {
  const tokens = rows[0]!;
  if (tokens.length < batch) throw tooMany(batch, tokens.length);
  const loader = streamed(tokens, { batch, length, begin, seed });
  return { batches: loader, perPass: loader.length };
}

/** The same of some of the tokens, from all over them. */
export function testStreams({ rows }: CorpusPart, most: number, cutting: Cutting): Batches<Batch> {
  const tokens = rows[0]!;
  const batch = Math.max(1, Math.min(cutting.batch, Math.floor(tokens.length / cutting.length)));
  const each = Math.max(1, Math.floor(Math.min(most, tokens.length) / batch));
  const some = new Int32Array(batch * each);
  for (let b = 0; b < batch; b++) {
    const start = Math.floor((b * tokens.length) / batch);
    some.set(tokens.subarray(start, start + each), b * each);
  }
  return streamed(some, { ...cutting, batch });
}

function streamed(tokens: Int32Array, { batch, length, begin, seed }: Cutting): Loader<BpttBatch<Int32Array>> {
  const series = new Int32Array(tokens.length + 1);
  series.set(tokens, 1);
  return bpttLoader(
    { data: series, shape: [series.length] },
    {
      streams: batch,
      steps: length,
      generator: new Generator(seed),
      transform: (piece: BpttBatch<Int32Array>) => begun(piece, begin),
    },
  );
}

function begun(piece: BpttBatch<Int32Array>, begin: number): BpttBatch<Int32Array> {
  const [count, steps] = piece.inputs.shape as readonly [number, number];
  for (let b = 0; b < count; b++) if (piece.starts.data[b] === 1) piece.inputs.data[b * steps] = begin;
  return piece;
}

/** Windows from anywhere in the text, {@link Rows} of one length. */
export function windows({ rows }: CorpusPart, { batch, length, seed }: Cutting): Feed {
  const tokens = rows[0]!;
  if (tokens.length < length) {
    throw new ArgumentError(
      `trainNetwork: length is ${length}, but the text has ${tokens.length} tokens to learn from; take a smaller length, or give more text`,
    );
  }
  function* starts(generator: Generator): Iterable<number> {
    for (;;) yield generator.integer(0, tokens.length - length + 1);
  }
  const batches = streamLoader<number, Rows>(starts, {
    batchSize: batch,
    generator: new Generator(seed),
    collate: (some) => windowsAt(tokens, some, length),
  });
  return { batches, perPass: Math.max(1, Math.round(tokens.length / (batch * length))) };
}

/** Windows side by side, at most so many tokens, from all over the text. */
export function testWindows({ rows }: CorpusPart, most: number, { batch, length: longest }: Cutting): Batches<Batch> {
  const tokens = rows[0]!;
  const length = Math.min(longest, tokens.length);
  const all = Math.floor(tokens.length / length);
  const count = Math.max(1, Math.min(all, Math.floor(most / length)));
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * all) / count) * length);
  return listed(inGroups(starts, batch).map((some) => windowsAt(tokens, some, length)));
}

function windowsAt(tokens: Int32Array, starts: readonly number[], length: number): Rows {
  const data = new Int32Array(starts.length * length);
  for (const [i, start] of starts.entries()) data.set(tokens.subarray(start, start + length), i * length);
  return { tokens: { data, shape: [starts.length, length] } };
}

/**
 * Several texts in batches of like lengths, in another order in each pass: {@link Rows} that are filled up with the begin token, which no text says. What is longer than `length` is cut into such pieces.
 */
export function texts(part: CorpusPart, { batch, length, begin, seed }: Cutting): Feed {
  const pieces = piecesOf(part, length);
  function* inOrder(generator: Generator): Iterable<Int32Array> {
    for (const i of generator.permutation(pieces.length)) yield pieces[i]!;
  }
  const batches = streamLoader<Int32Array, Rows>(inOrder, {
    batchSize: batch,
    bucketBy: (piece) => piece.length,
    generator: new Generator(seed),
    collate: (some) => filledUp(some, begin),
  });
  return { batches, perPass: Math.ceil(pieces.length / batch) };
}

/** The same of some of the texts, about so many tokens. */
export function testTexts(part: CorpusPart, most: number, { batch, length, begin }: Cutting): Batches<Batch> {
  const pieces = piecesOf(part, length);
  const step = Math.max(1, part.tokens / most);
  const some: Int32Array[] = [];
  for (let at = 0; at < pieces.length; at += step) some.push(pieces[Math.floor(at)]!);
  some.sort((a, b) => a.length - b.length);
  return listed(inGroups(some, batch).map((group) => filledUp(group, begin)));
}

const filledUp = (pieces: readonly Int32Array[], begin: number): Rows => ({
  tokens: padSequences(pieces, { value: begin }).values,
});

const piecesOf = ({ rows }: CorpusPart, length: number): Int32Array[] =>
  rows.flatMap((row) =>
    Array.from({ length: Math.ceil(row.length / length) }, (_, i) => row.subarray(i * length, (i + 1) * length)),
  );

function inGroups<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

const listed = (batches: readonly Batch[]): Batches<Batch> => ({
  length: batches.length,
  async *[Symbol.asyncIterator]() {
    yield* batches;
  },
});

const tooMany = (batch: number, tokens: number): ArgumentError =>
  new ArgumentError(
    `trainNetwork: batch is ${batch}, but the text has ${tokens} tokens to learn from, which is less than one for each stream; take a smaller batch, or give more text`,
  );
