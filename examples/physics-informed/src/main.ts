// A physics-informed neural network (Raissi, Perdikaris & Karniadakis, 2019): it solves Burgers' equation, of which it is shown not one
// value inside, only how the equation goes, how it starts, and what happens at the edges.
//
// The loss has second derivatives of the network in it, and training differentiates them once more, for the weights.

import { type DType, manualSeed, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { TensorModule } from '@dl/layers';
import { Adam } from '@dl/optim';
import { lossOf, makeNetwork, middles, solution } from './burgers.js';

/** Steps of Adam; gives the loss before each. */
export function train(network: TensorModule, steps: number, dtype: DType = 'float32'): number[] {
  const optimizer = new Adam(network.parameters(), { lr: 0.005 });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const loss = lossOf(network, dtype);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      losses.push(loss.item());
    });
  }
  optimizer.dispose();
  return losses;
}

/** What the network says at points, each [x, t]. */
export function speeds(
  network: TensorModule,
  points: readonly (readonly number[])[],
  dtype: DType = 'float32',
): number[] {
  return scope(() => noGrad(() => Array.from(network.forward(tensor(points, { dtype })).dataSync(), Number)));
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  manualSeed(1);
  const network = makeNetwork();
  const losses = train(network, 3000);
  console.log(`  loss ${losses[0]!.toFixed(4)} at first, ${losses.at(-1)!.toFixed(4)} after ${losses.length} steps\n`);
  const places = middles(-1, 1, 8);
  console.log(`  u(x, t)       x =${places.map((x) => x.toFixed(3).padStart(8)).join('')}`);
  for (const t of [0.1, 0.5, 1]) {
    const said = speeds(
      network,
      places.map((x) => [x, t]),
    );
    const row = (numbers: readonly number[]): string => numbers.map((u) => u.toFixed(3).padStart(8)).join('');
    console.log(`  t = ${t.toFixed(1)}  network  ${row(said)}`);
    console.log(`           exact    ${row(places.map((x) => solution(x, t)))}`);
  }
}
