// Draws what a model of two inputs says all over a square, in characters.

import { scope, tensor } from '@dl/autograd';
import type { TensorModule } from '@dl/layers';

const COLUMNS = 41;
const ROWS = 17;
// From no to yes.
const SHADES = ' .:-+*#';

/** The outputs for inputs from -0.25 to 1.25, with O and X where the four inputs are: X for those that are to give 1. */
export function drawSquare(model: TensorModule): string {
  const at = (index: number, count: number): number => -0.25 + (1.5 * index) / (count - 1);
  const grid = Array.from({ length: ROWS * COLUMNS }, (_, i) => [
    at(i % COLUMNS, COLUMNS),
    at(ROWS - 1 - Math.floor(i / COLUMNS), ROWS),
  ]);
  const outputs = scope(() => model.forward(tensor(grid)).dataSync()); // one forward pass for all points
  const shades = Array.from(
    outputs,
    (output) => SHADES[Math.min(SHADES.length - 1, Math.floor(output * SHADES.length))]!,
  );
  for (const [a, b] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const) {
    const [column, row] = [Math.round(((a + 0.25) / 1.5) * (COLUMNS - 1)), Math.round(((1.25 - b) / 1.5) * (ROWS - 1))];
    shades[row * COLUMNS + column] = a === b ? 'O' : 'X';
  }
  const lines = Array.from(
    { length: ROWS },
    (_, row) => `  ${shades.slice(row * COLUMNS, (row + 1) * COLUMNS).join('')}`,
  );
  return lines.join('\n');
}
