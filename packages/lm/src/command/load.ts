// The model that a command is given: a file, or a folder, whose network runs on the CPU.

import { useBackend } from '@dl/autograd';
import type { LanguageModel } from '../language-model.js';
import type { MaskedLanguageModel } from '../neural/masked-language-model.js';
import { isFolder } from '../node/folder.js';
import { needed } from '../node/needed.js';
import { loadMaskedModel, loadModel } from '../node.js';

/** What generates, scores and measures. */
export async function modelOf(path: string): Promise<LanguageModel> {
  if (await isFolder(path)) await useCpu();
  return loadModel(path);
}

/** What fills masks. */
export async function maskedModelOf(path: string): Promise<MaskedLanguageModel> {
  await useCpu();
  return loadMaskedModel(path);
}

/** Packages that hold a network are there only where somebody wants one. */
async function useCpu(): Promise<void> {
  const { cpu } = await needed('npx', 'a network', ['@dl/kernels-cpu'], () => import('@dl/kernels-cpu'));
  await useBackend(cpu());
}
