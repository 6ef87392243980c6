// The model that a command is given: a file, or a folder, whose network runs on the CPU.

import { BackendError, useBackend } from '@dl/autograd';
import type { LanguageModel } from '../language-model.js';
import type { MaskedLanguageModel } from '../neural/masked-language-model.js';
import { isFolder } from '../node/folder.js';
import { needed } from '../node/needed.js';
import { loadMaskedModel, loadModel } from '../node.js';

/** What generates, scores and measures. n-grams do without a backend, networks in files have one when they ask for it. */
export async function modelOf(path: string): Promise<LanguageModel> {
  if (await isFolder(path)) await useCpu();
  try {
    return await loadModel(path);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
  }
  await useCpu();
  return loadModel(path);
}

/** What fills masks. */
export async function maskedModelOf(path: string): Promise<MaskedLanguageModel> {
  await useCpu();
  return loadMaskedModel(path);
}

/** Packages that hold a network are there only where somebody wants one. */
export async function useCpu(): Promise<void> {
  const { cpu } = await needed('npx', 'a network', ['@dl/kernels-cpu'], () => import('@dl/kernels-cpu'));
  await useBackend(cpu());
}
