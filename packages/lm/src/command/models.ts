// The model that a command is given.

import type { LanguageModel } from '../language-model.js';
import { loadModel } from '../node.js';
import { useCpuIfThere } from './optional.js';

/** Reads it, with a backend for networks. */
export async function modelAt(path: string): Promise<LanguageModel> {
  await useCpuIfThere();
  return loadModel(path);
}
