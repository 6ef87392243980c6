// The runs as a page: loss on the digits that are trained on and on others, epoch by epoch, with and without each method.

import { curves, report } from '@dl/viz';
import type { Result } from './digits.js';
import type { Comparison } from './main.js';

/** One HTML page without scripts. */
export async function page(batchNorm: Comparison, dropout: Comparison, earlyStopping: Comparison): Promise<string> {
  const stopped = earlyStopping.with[0]!.epochs;
  const best = stopped.findLast(({ isBest }) => isBest)!.epoch;
  return report({
    title: 'Three ways to train better',
    sections: [
      {
        heading: 'Batch normalisation',
        content: [
          'Three hidden layers of sigmoids. Without it the loss stays near ln 10 = 2.30, that of not knowing.',
          { svg: await losses(batchNorm, 'with batch normalisation') },
        ],
      },
      {
        heading: 'Dropout',
        content: [
          'A wide network and few digits. Without it the loss on the digits that are trained on soon vanishes, and that on ' +
            'others rises: it grows ever surer of what it gets wrong. With it that loss falls for longer, and rises less.',
          { svg: await losses(dropout, 'with dropout') },
        ],
      },
      {
        heading: 'Early stopping',
        content: [
          'Every fourth label is wrong. The loss on digits that are not trained on, whose labels are right, falls while the network ' +
            'learns what digits look like, and rises when it learns the mistakes. ' +
            `Epoch ${best} was the best; after ${stopped.length} the run stopped, and the weights of epoch ${best} were put back.`,
          { svg: await losses(earlyStopping, 'stopped early') },
        ],
      },
    ],
  });
}

/** The losses of the first seed, one panel without and one with. */
function losses({ without, with: having }: Comparison, name: string): Promise<string> {
  const most = without[0]!.epochs.length;
  const lines = ({ epochs }: Result, panel: string) => [
    {
      name: 'trained on',
      panel,
      values: filled(
        epochs.map(({ train }) => train.loss),
        most,
      ),
    },
    {
      name: 'not trained on',
      panel,
      values: filled(
        epochs.map(({ test }) => test!.loss),
        most,
      ),
    },
  ];
  const all = [...lines(without[0]!, 'without'), ...lines(having[0]!, name)];
  const max = Math.max(...all.flatMap(({ values }) => values.filter((value) => value !== null)));
  return curves(all, { xLabel: 'epoch', panelHeight: 150, min: 0, max: Math.ceil(2 * max) / 2 });
}

/** As many values as the longer run has, so that epochs stand below each other. */
const filled = (values: readonly number[], length: number): (number | null)[] =>
  Array.from({ length }, (_, i) => values[i] ?? null);
