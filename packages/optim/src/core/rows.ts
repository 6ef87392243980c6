// Gradients for some rows of a table: changing these rows alone, and saying who can.

import {
  assignRows,
  type ElementFormula,
  GradientError,
  indexSelect,
  type RowGradient,
  type Tensor,
  updateElements,
} from '@dl/autograd';

/** The optimisers that take a gradient for some rows. */
const able = 'SGD, Adagrad and SparseAdam';

/** The error of an optimiser that needs a gradient for all rows; `what` names the parameter. */
export function rowsRefused(name: string, what: string, { indices, shape }: RowGradient): GradientError {
  return new GradientError(
    `${name}: ${what} has a gradient for ${indices.size} of its ${shape[0]} rows, since it was looked up with { sparse: true }; ${able} can take it, so use one of them, or leave sparse out`,
  );
}

/** Throws for weight decay, by which rows without a gradient would move, too. */
export function refuseDecay(name: string, { indices, shape }: RowGradient, weightDecay: number): void {
  if (weightDecay === 0) return;
  throw new GradientError(
    `${name}: with weightDecay every row moves in each step, and a parameter has a gradient for ${indices.size} of its ${shape[0]} rows; put it into a group with weightDecay 0, or look it up without { sparse: true }`,
  );
}

/** Runs a formula on the rows of the targets for which there is a gradient; its only operand is the gradient. */
export function changeRows(
  targets: readonly Tensor[],
  { indices, values }: RowGradient,
  formula: ElementFormula,
): void {
  if (indices.size === 0) return;
  const rows = targets.map((target) => indexSelect(target, 0, indices));
  updateElements(
    rows.map((each) => [each]),
    [[values]],
    formula,
  );
  for (const [i, target] of targets.entries()) assignRows(target, indices, rows[i]!);
}
