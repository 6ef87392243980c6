// Batches for a model that is to say what was left out: texts as tokens, cut to length, and masked anew in each epoch.

import { maskRows } from '@dl/attention';
import { ArgumentError, Generator, shown } from '@dl/autograd';
import { type BatchContext, type Loader, loader, type NdArray, padSequences } from '@dl/data';
import { wordsOf } from '../../tokens/encode-words.js';
import type { Tokenizer } from '../../tokens/tokenizer.js';
import { SentencePairing } from './sentence-pairs.js';

/** Tokens, and of which word each is. */
export interface Piece {
  readonly ids: Int32Array;
  readonly words: Int32Array;
}

/** How texts become batches. */
export interface MaskedPlan {
  readonly tokenizer: Tokenizer;
  readonly mask: number;
  /** Tokens before each text, and behind it, and behind each sentence of a pair. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly maxLength: number;
  readonly share: number;
  readonly wholeWords: boolean;
  readonly batchSize: number;
}

/** What a model learns of: `tokens` [batch, time] to be read, `labels` [count] to be said at `places` [count] of all of them, `counting` [batch, 1, 1, time] true where there is no padding. */
export type MaskedBatch = Readonly<Record<'tokens' | 'places' | 'labels' | 'counting', NdArray>> & {
  /** Of which sentence of a pair each token is, [batch, time]. */
  readonly segments?: NdArray;
  /** 0 where the second sentence follows, 1 elsewhere, [batch]. */
  readonly sentenceLabels?: NdArray;
};

/** A sequence that is read. */
interface Sequence {
  readonly ids: readonly number[];
  readonly words: readonly number[];
  readonly segments?: readonly number[];
  readonly label?: number;
}

/** Where sequences come from: some of texts as they stand, or pairs that are drawn. */
export interface Sequences {
  readonly size: number;
  at(i: number, generator: Generator): Sequence;
}

/** The tokens of a text with their words; undefined where there is nothing that could be left out. */
export function pieceOf(text: string, { tokenizer }: Pick<MaskedPlan, 'tokenizer'>): Piece | undefined {
  const encoding = tokenizer.encodeWithOffsets(text);
  const piece = { ids: encoding.ids, words: wordsOf(text, encoding) };
  return canLeaveOut(piece, tokenizer) ? piece : undefined;
}

const canLeaveOut = ({ ids, words }: Piece, { vocabulary }: Tokenizer): boolean =>
  ids.some((id, t) => words[t]! >= 0 && !vocabulary.isSpecial(id));

/** Pieces no longer than a model reads. */
export function cutToLength(piece: Piece, plan: MaskedPlan): Piece[] {
  const room = plan.maxLength - plan.begin.length - plan.end.length;
  return Array.from({ length: Math.ceil(piece.ids.length / room) }, (_, i) => ({
    ids: piece.ids.subarray(i * room, (i + 1) * room),
    words: piece.words.subarray(i * room, (i + 1) * room),
  })).filter((each) => canLeaveOut(each, plan.tokenizer));
}

/** Pieces of texts, each between the tokens that begin and end one. */
export function singles(pieces: readonly Piece[], { begin, end }: MaskedPlan): Sequences {
  const none = (of: readonly number[]): number[] => of.map(() => -1);
  return {
    size: pieces.length,
    at: (i) => {
      const { ids, words } = pieces[i]!;
      return { ids: [...begin, ...ids, ...end], words: [...none(begin), ...words, ...none(end)] };
    },
  };
}

/** Pairs of sentences of documents, drawn anew for each batch; the longer one loses its end where they are too long for the model. */
export function pairs(documents: readonly (readonly Piece[])[], where: string, plan: MaskedPlan): Sequences {
  const pairing = new SentencePairing(where, documents);
  const { begin, end, maxLength } = plan;
  const room = maxLength - begin.length - 2 * end.length;
  return {
    size: pairing.size,
    at: (i, generator) => {
      const { first, second, label } = pairing.draw(i, generator, 0.5);
      let [a, b] = [first.ids.length, second.ids.length];
      while (a + b > room) {
        if (a > b) a--;
        else b--;
      }
      const none = (of: readonly number[]): number[] => of.map(() => -1);
      // Words of the second sentence have numbers behind those of the first.
      const offset = 1 + Math.max(-1, ...first.words.subarray(0, a));
      const behind = Array.from(second.words.subarray(0, b), (word) => (word < 0 ? -1 : word + offset));
      const ids = [...begin, ...first.ids.subarray(0, a), ...end, ...second.ids.subarray(0, b), ...end];
      const from = begin.length + a + end.length;
      return {
        ids,
        words: [...none(begin), ...first.words.subarray(0, a), ...none(end), ...behind, ...none(end)],
        segments: ids.map((_, t) => (t < from ? 0 : 1)),
        label,
      };
    },
  };
}

/** Batches of sequences. With a seed they are masked alike in each epoch and keep their order, for figures that are compared; else drawn anew. */
export function maskedLoader(sequences: Sequences, plan: MaskedPlan, seed?: number): Loader<MaskedBatch> {
  const index = { data: Int32Array.from({ length: sequences.size }, (_, i) => i), shape: [sequences.size] };
  const transform = ({ index: rows }: { readonly index: NdArray }, context: BatchContext): MaskedBatch => {
    const generator = seed === undefined ? context.generator : new Generator(seed).fork(context.index);
    return maskedBatch(
      Array.from(rows.data, (i) => sequences.at(i, generator)),
      plan,
      generator,
    );
  };
  return loader({ index }, { batchSize: plan.batchSize, shuffle: seed === undefined, transform });
}

function maskedBatch(sequences: readonly Sequence[], plan: MaskedPlan, generator: Generator): MaskedBatch {
  const { vocabulary } = plan.tokenizer;
  const padded = (rows: readonly (readonly number[])[], value: number): NdArray<Int32Array> =>
    padSequences(rows, { value }).values;
  const ids = padded(
    sequences.map(({ ids }) => ids),
    vocabulary.pad ?? plan.mask,
  );
  const [count, time] = ids.shape as readonly [number, number];
  const lengths = sequences.map(({ ids }) => ids.length);
  const rowsOf = ({ data }: NdArray<Int32Array>): Int32Array[] =>
    Array.from({ length: count }, (_, i) => data.subarray(i * time, (i + 1) * time));
  const words = plan.wholeWords
    ? {
        words: rowsOf(
          padded(
            sequences.map(({ words }) => words),
            -1,
          ),
        ),
      }
    : {};
  const masked = maskRows(rowsOf(ids), {
    vocabularySize: vocabulary.size,
    mask: plan.mask,
    share: plan.share,
    special: vocabulary.specialIds,
    lengths,
    generator,
    ...words,
  });
  const counting = new Uint8Array(count * time);
  for (const [row, length] of lengths.entries()) counting.fill(1, row * time, row * time + length);
  const base = { ...masked, counting: { data: counting, shape: [count, 1, 1, time], dtype: 'bool' } as const };
  if (sequences[0]!.segments === undefined) return base;
  return {
    ...base,
    segments: padded(
      sequences.map(({ segments }) => segments!),
      0,
    ),
    sentenceLabels: { data: Int32Array.from(sequences, ({ label }) => label!), shape: [count] },
  };
}

/** Texts, or documents as lists of sentences, checked as they come. */
export function* eachDocument(where: string, texts: unknown): Iterable<string | readonly string[]> {
  const needs = 'needs texts, or documents as lists of sentences';
  if (typeof texts === 'string') {
    yield texts;
    return;
  }
  if (typeof texts !== 'object' || texts === null || !(Symbol.iterator in texts)) {
    throw new ArgumentError(`${where}: texts is ${shown(texts)}, ${needs}`);
  }
  let index = 0;
  for (const each of texts as Iterable<unknown>) {
    const isDocument = Array.isArray(each) && each.every((sentence) => typeof sentence === 'string');
    if (typeof each !== 'string' && !isDocument) {
      throw new ArgumentError(`${where}: texts[${index}] is ${shown(each)}, ${needs}`);
    }
    index++;
    yield each as string | readonly string[];
  }
}
