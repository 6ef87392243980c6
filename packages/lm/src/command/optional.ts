// What only some commands need, and is not there where nobody has installed it.

import { ArgumentError, useBackend } from '@dl/autograd';

/** Packages without which there are no networks. */
const NETWORKS = ['rnn', 'attention', 'optim', 'data', 'train', 'kernels-cpu'];

/** Loads a module; where it is not there, says what to install. */
async function loaded<T>(what: string, packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    const names = packages.map((name) => `@dl/${name}`).join(' ');
    throw new ArgumentError(`${what} needs packages that are not installed; npm install ${names}`, { cause });
  }
}

const isMissing = (cause: unknown): boolean =>
  (cause as { readonly code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';

/** What trains networks, and the backend on which they run. */
export async function networks(): Promise<typeof import('../neural.js')> {
  const [neural] = await loaded('a network', NETWORKS, () =>
    Promise.all([import('../neural.js'), useCpu()]),
  );
  return neural;
}

/** What draws a report. */
export const drawing = () => loaded('--report', ['viz'], () => import('@dl/viz'));

/** The backend for models that need one, where it is installed: n-grams do without. */
export async function useCpuIfThere(): Promise<void> {
  try {
    await useCpu();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function useCpu(): Promise<void> {
  const { cpu } = await import('@dl/kernels-cpu');
  await useBackend(cpu());
}
