// Two rings, one inside the other: a linear model cannot tell them apart, two hidden layers can.
//
// A linear model divides the plane by a straight line, and no line has one ring on each side. There are two ways out, and
// this example shows both: give the model better features (with the distance from the centre as an input a line is enough),
// or give it hidden layers, which find such features by themselves (Goodfellow et al., "Deep Learning", 2016, chapter 1).

import { crossEntropy, manualSeed, noGrad, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, type Module, ReLU, Sequential } from '@dl/layers';
import { Adam } from '@dl/optim';
import { drawPlane } from './draw.js';
import { rings } from './rings.js';

// Tensors live on a backend, here the CPU. With seeds, every run gives the same numbers.
await useBackend(cpu());
manualSeed(1);
const [training, test] = [rings(1000, 1), rings(1000, 2)];

/** Trains on the training points, in batches, and returns which part of the test points is then told apart correctly. */
function accuracyOf(model: Module, features: 'cartesian' | 'polar', epochs = 20, batchSize = 50): number {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const [points, labels] = [training[features], training.labels];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let start = 0; start < labels.size; start += batchSize) {
      // Frees all tensors of this step at its end; parameters and what the optimiser remembers stay.
      scope(() => {
        const batch: [number, number] = [start, start + batchSize];
        const logits = model.forward(points.slice([batch])); // [batchSize, 2]
        crossEntropy(logits, labels.slice([batch])).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
  }
  optimizer.dispose();
  return shareRight(model, test[features], test.labels);
}

/** The share of points whose largest logit is at the label. */
function shareRight(model: Module, points: Tensor, labels: Tensor): number {
  return scope(() => {
    const logits = noGrad(() => model.forward(points)); // [count, 2]
    return logits.argmax(1).equal(labels).mean().item();
  });
}

// Two logits for each point, one for each ring.
const linear = new Linear(2, 2);
const linearOnPolar = new Linear(2, 2);
const deep = new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 16), new ReLU(), new Linear(16, 2));

export const accuracy = {
  linear: accuracyOf(linear, 'cartesian'),
  linearOnPolar: accuracyOf(linearOnPolar, 'polar'),
  deep: accuracyOf(deep, 'cartesian'),
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(7);
console.log(`  linear model, x and y               ${percent(accuracy.linear)} of the test points right`);
console.log(`  linear model, distance and angle    ${percent(accuracy.linearOnPolar)}`);
console.log(`  two hidden layers, x and y          ${percent(accuracy.deep)}`);
console.log(
  '\nWhere the hidden layers see the inner ring (dots), and some test points of the inner (o) and outer (x) one:\n',
);
console.log(drawPlane(deep, test));
