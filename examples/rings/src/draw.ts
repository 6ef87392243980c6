// Draws which ring a model takes each point of the plane for, in characters.

import { scope, type Tensor, tensor } from '@dl/autograd';
import type { TensorModule } from '@dl/layers';

const COLUMNS = 55;
const ROWS = 25;
const REACH = 1.4;

/** `·` where the model says inner ring, blank where it says outer; `o` and `x` are some of the points of the two rings. */
export function drawPlane(model: TensorModule, { cartesian, labels }: { cartesian: Tensor; labels: Tensor }): string {
  const grid = Array.from({ length: ROWS * COLUMNS }, (_, i) => [
    ((i % COLUMNS) / (COLUMNS - 1)) * 2 * REACH - REACH,
    REACH - (Math.floor(i / COLUMNS) / (ROWS - 1)) * 2 * REACH,
  ]);
  const classes = scope(() => model.forward(tensor(grid)).argmax(1).dataSync()); // [ROWS · COLUMNS]
  const cells: string[] = Array.from(classes, (label) => (label === 0 ? '·' : ' '));
  const [points, rings] = [cartesian.dataSync(), labels.dataSync()];
  for (let i = 0; i < 160; i++) {
    const column = Math.round(((points[2 * i]! + REACH) / (2 * REACH)) * (COLUMNS - 1));
    const row = Math.round(((REACH - points[2 * i + 1]!) / (2 * REACH)) * (ROWS - 1));
    cells[row * COLUMNS + column] = rings[i] === 0 ? 'o' : 'x';
  }
  const lines = Array.from(
    { length: ROWS },
    (_, row) => `  ${cells.slice(row * COLUMNS, (row + 1) * COLUMNS).join('')}`,
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}
