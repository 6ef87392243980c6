// XOR: the smallest problem that one layer cannot solve and two can.
//
// The output is to be 1 where exactly one of two inputs is 1. No straight line through the square of inputs has both 1s on
// one side of it, so a single linear layer must fail (Minsky & Papert, "Perceptrons", 1969). A hidden layer bends the line.

import { manualSeed, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Sequential, Sigmoid, Tanh, type TensorModule } from '@dl/layers';
import { SGD } from '@dl/optim';
import { drawSquare } from './draw.js';

// Tensors live on a backend, here the CPU. With a seed, every run gives the same numbers.
await useBackend(cpu());
manualSeed(1);

// All there is to learn: four inputs [4, 2] and what is to come out [4, 1].
const inputs = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = tensor([[0], [1], [1], [0]]);

/** Changes the parameters of the model, step by step, so that its outputs come closer to the targets. Returns the last loss. */
function train(model: TensorModule, steps: number): number {
  const optimizer = new SGD(model.parameters(), { lr: 0.5, momentum: 0.9 });
  let last = 0;
  for (let step = 0; step < steps; step++) {
    // Frees all tensors of this step at its end; parameters and the optimiser's momentum stay.
    last = scope(() => {
      // Forward: how far are the outputs from the targets, in the mean of squares?
      const loss = model.forward(inputs).sub(targets).square().mean();
      // Backward: in which direction would each parameter make the loss larger? The step goes the other way.
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  }
  optimizer.dispose();
  return last;
}

/** What a model makes of the four inputs, and how many of them it gets right when 0.5 divides no from yes. */
function judge(model: TensorModule): { outputs: number[]; correct: number } {
  const outputs = scope(() => Array.from(model.forward(inputs).dataSync()));
  const wanted = targets.dataSync();
  return { outputs, correct: outputs.filter((output, i) => output > 0.5 === wanted[i]! > 0.5).length };
}

// One layer: two weights, a bias, and a sigmoid that makes a number between 0 and 1 of their sum.
const oneLayer = new Sequential(new Linear(2, 1), new Sigmoid());
// Two layers: four hidden units, each with a line of its own, and one that combines them.
const twoLayers = new Sequential(new Linear(2, 4), new Tanh(), new Linear(4, 1), new Sigmoid());

const oneLayerLoss = train(oneLayer, 1000);
const twoLayersLoss = train(twoLayers, 1000);
export const results = { oneLayer: judge(oneLayer), twoLayers: judge(twoLayers) };

console.log('  a  b   XOR   one layer   two layers');
inputs.dataSync().forEach((a, i, all) => {
  if (i % 2 === 1) return;
  const row = i / 2;
  const [one, two] = [results.oneLayer, results.twoLayers].map(({ outputs }) => outputs[row]!.toFixed(3));
  console.log(`  ${a}  ${all[i + 1]}    ${targets.dataSync()[row]}      ${one}       ${two}`);
});
console.log(`  right      ${results.oneLayer.correct} of 4      ${results.twoLayers.correct} of 4`);
console.log(`  loss        ${oneLayerLoss.toFixed(4)}      ${twoLayersLoss.toFixed(4)}`);
console.log('\nWhat the two layers say for inputs in between (a to the right, b upwards, # for yes):\n');
console.log(drawSquare(twoLayers));
