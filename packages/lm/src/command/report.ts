// The report of a training: a page with its figures, its curves, and what the model wrote while it learned.

import { replaceFile } from '@dl/checkpoint/node';
import type { NetworkFigures } from '../neural/training/events.js';
import { clock, whole } from './numbers.js';
import { drawing } from './optional.js';
import type { Drawn } from './stopped-training.js';

/** What the page says. */
export interface Reported extends Drawn {
  readonly title: string;
  /** What was trained on what. */
  readonly about: Readonly<Record<string, string>>;
  readonly history: readonly NetworkFigures[];
  /** What the model writes in the end. */
  readonly text: string;
}

/** Between two values that are shown as they are, for a line. */
const SMOOTHING = 0.8;

export async function writeReport(path: string, reported: Reported): Promise<void> {
  const { curves, report } = await drawing();
  const { title, about, history, steps, bits, samples, text } = reported;
  const heldOut = history.filter((each) => each.heldOut !== undefined);
  const series = [
    { name: 'learned from', values: bits, steps, panel: BITS, smoothing: SMOOTHING },
    {
      name: 'held out',
      values: heldOut.map((each) => each.heldOut!.bitsPerCharacter),
      steps: heldOut.map(({ step }) => step),
      panel: BITS,
    },
    { name: 'learning rate', values: history.map(({ lr }) => lr), steps: history.map(({ step }) => step), panel: RATE },
  ].filter(({ values }) => values.length > 0);
  const draw = (width: number): Promise<string> => curves(series, { width, title: 'Training' });
  const best = history.filter(({ isBest }) => isBest).at(-1);
  const rows = history.map((each) => [
    whole(each.step),
    each.train.bitsPerCharacter.toFixed(3),
    each.heldOut?.bitsPerCharacter.toFixed(3) ?? '–',
    clock(each.seconds),
    samples.find(({ step }) => step === each.step)?.text ?? '',
  ]);
  const page = report({
    title,
    sections: [
      {
        heading: 'Result',
        content: [
          ...(best === undefined ? [] : [{ facts: factsOf(best) }]),
          { columns: ['training', ''], rows: Object.entries(about) },
        ],
      },
      ...(series.length === 0
        ? []
        : [{ heading: 'Curves', content: [{ svg: await draw(780), narrow: await draw(400), caption: CAPTION }] }]),
      ...(rows.length === 0
        ? []
        : [
            {
              heading: 'Evaluations',
              content: [
                { columns: ['step', 'learned from', 'held out', 'time', 'what it writes'], rows, caption: BITS },
              ],
            },
          ]),
      ...(text.trim() === ''
        ? []
        : [{ heading: 'What it writes in the end', content: text.split('\n').filter((line) => line.trim() !== '') }]),
    ],
  });
  await replaceFile(path, page);
}

const BITS = 'bits for a character';
const RATE = 'learning rate';
const CAPTION =
  'Of text that the model learns from just then, smoothed, and of text that is held out. Fewer are better: with one bit less each character is twice as likely to the model.';

function factsOf({ step, train, heldOut, seconds }: NetworkFigures): Readonly<Record<string, string>> {
  const { bitsPerCharacter } = heldOut ?? train;
  return {
    [`bits for a character${heldOut === undefined ? '' : ' held out'}`]: bitsPerCharacter.toFixed(3),
    'best step': whole(step),
    'time until then': clock(seconds),
  };
}
