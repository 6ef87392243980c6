// What assembly/attention.ts, attention-grad.ts and rotary.ts export. A plan is what `writeAttentionPlan` writes down.

type Pointer = number;

export interface AttentionExports {
  /** Rows `first` to `end`; tables of `period` rows begin again behind the last. */
  rotateRows(
    x: Pointer,
    y: Pointer,
    first: number,
    end: number,
    features: number,
    columns: number,
    cos: Pointer,
    sin: Pointer,
    period: number,
    isBeside: number,
  ): void;
  /** Bytes of scratch for a task. */
  attentionBytes(plan: Pointer): number;
  /** Blocks of rows from `first` to `end`, of all blocks of all groups of heads. */
  attention(plan: Pointer, first: number, end: number, scratch: Pointer): void;
  attentionGradBytes(plan: Pointer, isForBias: number): number;
  /** Groups of heads from `first` to `end`. */
  attentionGrad(plan: Pointer, first: number, end: number, scratch: Pointer): void;
  /** What is summed apart, from `first` to `end`: batches, heads and blocks of queries, as far as the bias has its own numbers for them. */
  attentionBiasGrad(plan: Pointer, first: number, end: number, batch: number, scratch: Pointer): void;
}
