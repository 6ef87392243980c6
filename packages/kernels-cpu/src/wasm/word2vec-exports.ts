// What assembly/word2vec.ts exports.

type Pointer = number;

export interface Word2vecExports {
  /** The largest of n whole numbers; -1 where all are below 0. */
  largestIndex(index: Pointer, n: number): number;
  /** Bytes of scratch. */
  word2vecBytes(features: number, count: number): number;
  word2vec(
    input: Pointer,
    output: Pointer,
    features: number,
    bags: Pointer,
    width: number,
    targets: Pointer,
    labels: Pointer,
    count: number,
    losses: Pointer,
    batch: number,
    lr: number,
    scratch: Pointer,
  ): void;
}
