// What only some commands need, and is there only where somebody has installed it.

import { needed } from '../node/needed.js';
import { useCpu } from './load.js';

const NETWORKS = ['rnn', 'attention', 'optim', 'data', 'train'].map((name) => `@dl/${name}`);

/** What trains networks, with the backend on which they run. */
export async function networks(): Promise<typeof import('../neural.js')> {
  const neural = await needed('npx', 'a network', NETWORKS, () => import('../neural.js'));
  await useCpu();
  return neural;
}

/** What draws a report. */
export const drawing = () => needed('npx', '--report', ['@dl/viz'], () => import('@dl/viz'));
