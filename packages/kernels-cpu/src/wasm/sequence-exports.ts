// What assembly/elman.ts, gru.ts, lstm.ts and packed.ts export. Matrices are packed by `packMatrix`; lengths are float32, or 0 for all steps.

type Pointer = number;

export interface SequenceExports {
  packedBytes(n: number, k: number): number;
  /** B [k, n] of any strides. */
  packMatrix(to: Pointer, b: Pointer, n: number, k: number, bDepth: number, bColumn: number): void;

  elmanBytes(rows: number, hidden: number): number;
  elmanForward(
    rows: number,
    time: number,
    hidden: number,
    gates: Pointer,
    weight: Pointer,
    h: Pointer,
    y: Pointer,
    isRelu: number,
    lengths: Pointer,
    reverse: number,
    scratch: Pointer,
  ): void;
  elmanBackward(
    rows: number,
    time: number,
    hidden: number,
    gY: Pointer,
    gH: Pointer,
    weight: Pointer,
    y: Pointer,
    isRelu: number,
    lengths: Pointer,
    reverse: number,
    gGates: Pointer,
    scratch: Pointer,
  ): void;

  lstmBytes(rows: number, hidden: number, size: number): number;
  lstmForward(
    rows: number,
    time: number,
    hidden: number,
    size: number,
    gates: Pointer,
    weight: Pointer,
    h: Pointer,
    c: Pointer,
    y: Pointer,
    kept: Pointer,
    cell: Pointer,
    peepholes: Pointer,
    projection: Pointer,
    lengths: Pointer,
    reverse: number,
    scratch: Pointer,
  ): void;
  lstmBackward(
    rows: number,
    time: number,
    hidden: number,
    size: number,
    gY: Pointer,
    gH: Pointer,
    gC: Pointer,
    weight: Pointer,
    c0: Pointer,
    kept: Pointer,
    cell: Pointer,
    peepholes: Pointer,
    projection: Pointer,
    lengths: Pointer,
    reverse: number,
    gGates: Pointer,
    scratch: Pointer,
  ): void;

  gruBytes(rows: number, hidden: number): number;
  gruForward(
    rows: number,
    time: number,
    hidden: number,
    gates: Pointer,
    weight: Pointer,
    candidate: Pointer,
    bias: Pointer,
    h: Pointer,
    y: Pointer,
    kept: Pointer,
    takes: number,
    lengths: Pointer,
    reverse: number,
    scratch: Pointer,
  ): void;
  gruBackward(
    rows: number,
    time: number,
    hidden: number,
    gY: Pointer,
    gH: Pointer,
    weight: Pointer,
    candidate: Pointer,
    h0: Pointer,
    y: Pointer,
    kept: Pointer,
    takes: number,
    lengths: Pointer,
    reverse: number,
    gGates: Pointer,
    gRecurrent: Pointer,
    scratch: Pointer,
  ): void;
}
