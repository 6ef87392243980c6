// The readers of folders of language models: any of their files changed. What was read goes on with a text, or fills a mask.

import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { loadMaskedModel, loadModel } from '@dl/lm/node';
import type { Reader } from './readers.js';

const golden = (model: string): string =>
  fileURLToPath(new URL(`../../packages/lm/golden/folders/${model}/`, import.meta.url));

/** The files of a folder, one of them changed. */
async function written(model: string, folder: string, name: string, bytes: Uint8Array): Promise<void> {
  for (const each of readdirSync(golden(model))) {
    await writeFile(join(folder, each), each === name ? bytes : readFileSync(join(golden(model), each)));
  }
}

async function generated(folder: string): Promise<void> {
  const model = await loadModel(folder);
  try {
    await model.generate({ prompt: 'The goose', maxLength: 2, allowSpecial: true });
  } finally {
    (model.model as unknown as { dispose(): void }).dispose();
  }
}

async function filled(folder: string): Promise<void> {
  const model = await loadMaskedModel(folder);
  try {
    await model.fill('The [MASK] and the baker');
  } finally {
    model.model.dispose();
  }
}

const reader = (model: string, name: string): Reader => ({
  name: `folder of ${model}, ${name}`,
  covers: [model === 'bert' ? 'loadMaskedModel' : 'loadModel'],
  valid: readFileSync(join(golden(model), name)),
  read: async (bytes, folder) => {
    await useBackend(cpu({ engine: 'typescript' }));
    // Other readers look for weights in the folder itself.
    const place = join(folder, model);
    await mkdir(place);
    try {
      await written(model, place, name, bytes);
      await (model === 'bert' ? filled : generated)(place);
    } finally {
      await rm(place, { recursive: true });
    }
  },
});

export const folderReaders: readonly Reader[] = [
  ...['config.json', 'generation_config.json', 'tokenizer_config.json', 'tokenizer.json', 'model.safetensors'].map(
    (name) => reader('llama', name),
  ),
  ...['config.json', 'tokenizer_config.json', 'tokenizer.json'].map((name) => reader('bert', name)),
];
