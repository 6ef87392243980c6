// The results as a page: gradients over time, before and after training, and errors.

import { curves, report } from '@dl/viz';
import { type Kind, kinds, type Setting } from './adder.js';
import { OF_ANSWERING_ONE, type Result, STEPS_BACK } from './main.js';

/** One HTML page without scripts. */
export async function page(results: Readonly<Record<Kind, Result>>, { length, steps }: Setting): Promise<string> {
  const stepsBack = Array.from({ length: STEPS_BACK }, (_, i) => i - STEPS_BACK + 1);
  const flows = (['before', 'after'] as const).flatMap((when) =>
    kinds.map((name) => ({
      name,
      panel: `${when} training`,
      steps: stepsBack,
      values: results[name].flow[when],
    })),
  );
  const every = steps / results.tanh.errors.length;
  const errors = kinds.map((name) => ({
    name,
    steps: results[name].errors.map((_, i) => (i + 1) * every),
    values: results[name].errors,
  }));
  return report({
    title: 'The vanishing gradient',
    subtitle: `Adding task over ${length} steps, 32 hidden units`,
    sections: [
      {
        heading: 'How far gradients reach back',
        content: [
          'The norm of the gradient of the loss for the state after each step, as a share of that after the last step; over ' +
            `${STEPS_BACK} steps, on a logarithmic scale. In a tanh network it falls like a power, before training and after. ` +
            'The gates of an LSTM and of a GRU learn to keep what they have: then it arrives.',
          {
            svg: await curves(flows, {
              xLabel: 'step, counted from the last one',
              scale: 'log',
              panels: { 'before training': { min: 1e-24, max: 10 }, 'after training': { min: 1e-24, max: 10 } },
            }),
          },
        ],
      },
      {
        heading: 'What that is good for',
        content: [
          'Two of the numbers of a sequence are marked, one in each half; the answer is their sum. Mean squared errors on 500 other sequences. ' +
            `Answering 1 at all times has ${OF_ANSWERING_ONE.toFixed(3)}.`,
          { svg: await curves(errors, { xLabel: 'training step', scale: 'log' }) },
        ],
      },
    ],
  });
}
