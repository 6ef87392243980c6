// What assembly/ctc.ts exports.

type Pointer = number;

export interface CtcExports {
  /** Bytes of scratch. */
  ctcBytes(labels: number, steps: number): number;
  /** Steps are `step` bytes apart; `labels` are so many float32. */
  ctcLoss(
    x: Pointer,
    step: number,
    steps: number,
    labels: Pointer,
    count: number,
    blank: number,
    y: Pointer,
    scratch: Pointer,
  ): void;
  ctcLossGrad(
    g: Pointer,
    x: Pointer,
    y: Pointer,
    step: number,
    time: number,
    steps: number,
    classes: number,
    labels: Pointer,
    count: number,
    blank: number,
    scratch: Pointer,
  ): void;
}
