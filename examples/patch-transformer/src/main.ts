// A small vision transformer learns to read digits, and shows which strokes it reads them by.
//
// It knows nothing of images: a patch is a word, positions are learned, and every patch may look at every other one from the first layer on (Dosovitskiy et al., "An image is
// worth 16x16 words", 2021). A convolution, which knows that neighbours belong together, needs fewer digits to read as well. Where the class token has looked, through
// all layers, is drawn (Abnar & Zuidema, "Quantifying attention flow in transformers", 2020).

import { mkdirSync, writeFileSync } from 'node:fs';
import { attentionMaps, attentionRollout } from '@dl/attention';
import { crossEntropy, manualSeed, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { type DigitDataset, drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { AdamW, WarmupLR } from '@dl/optim';
import { imageGrid } from '@dl/viz';
import { PatchTransformer, type Sizes } from './patch-transformer.js';

export const sizes: Sizes = { imageSize: 28, patchSize: 7, dModel: 64, heads: 4, layers: 2 };
const BATCH = 64;

/** How long it learns. */
export interface Training {
  readonly digits: number;
  readonly epochs: number;
}

async function train(
  model: PatchTransformer,
  digits: DigitDataset,
  epochs: number,
  log: (line: string) => void,
): Promise<void> {
  const steps = epochs * Math.ceil(digits.labels.data.length / BATCH);
  const optimizer = new AdamW(model.parameters(), { lr: 0.003 });
  const schedule = new WarmupLR(optimizer, { steps: Math.floor(steps / 10), decay: 'linear', totalSteps: steps });
  const batches = loader(digits, { batchSize: BATCH, shuffle: true });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [sum, count] = [0, 0];
    for await (const { images, labels } of batches) {
      // Frees all tensors of this step at its end; parameters and what the optimiser remembers stay.
      sum += scope(() => {
        const loss = crossEntropy(model.forward(tensor(images)), tensor(labels));
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        schedule.step();
        return loss.item();
      });
      count++;
    }
    log(`  epoch ${epoch}   loss ${(sum / count).toFixed(3)}`);
  }
  optimizer.dispose();
}

/** What the model takes each digit for. */
function read(model: PatchTransformer, { images }: DigitDataset): readonly number[] {
  return scope(() => noGrad(() => model.forward(tensor(images)).argmax(1).toArray() as number[]));
}

/** Of each digit how much the class token takes from each patch, as a picture of the digit's size; all of it is 1. */
async function looks(model: PatchTransformer, { images }: DigitDataset): Promise<Float64Array[]> {
  const input = tensor(images);
  const rollout = attentionRollout(await attentionMaps(model, input));
  input.dispose();
  const { imageSize, patchSize } = sizes;
  const side = imageSize / patchSize;
  return rollout.map(([token]) => {
    const patches = token!.slice(1); // behind what it keeps of itself
    const all = patches.reduce((sum, share) => sum + share, 0);
    return Float64Array.from({ length: imageSize ** 2 }, (_, pixel) => {
      const [row, column] = [Math.floor(pixel / imageSize), pixel % imageSize];
      const patch = Math.floor(row / patchSize) * side + Math.floor(column / patchSize);
      return patches[patch]! / all / patchSize ** 2;
    });
  });
}

/** Digits, and below them where the class token looks. */
function draw({ images, labels }: DigitDataset, shares: readonly Float64Array[], found: readonly number[]): string {
  const { data, shape } = images;
  const [count, size] = [shape[0]!, shape[2]!];
  const digits = Array.from({ length: count }, (_, i) => data.subarray(i * size * size, (i + 1) * size * size));
  const all = [...digits, ...shares].flatMap((image) => Array.from(image));
  const captions = Array.from(labels.data, (label, i) =>
    found[i] === label ? `${label}` : `${label}, read as ${found[i]}`,
  );
  return imageGrid(
    { data: all, shape: [2 * count, size, size] },
    { columns: count, palette: 'ink', pixelSize: 2, captions: [...captions, ...captions.map(() => 'looks at')] },
  );
}

/** How much more ink there is where the class token looks than everywhere. */
function moreInk({ images }: DigitDataset, shares: readonly Float64Array[]): number {
  const { data } = images;
  const size = shares[0]!.length;
  const ratios = shares.map((share, i) => {
    const ink = data.subarray(i * size, (i + 1) * size);
    const mean = ink.reduce((sum, value) => sum + value, 0) / size;
    return share.reduce((sum, each, pixel) => sum + each * ink[pixel]!, 0) / mean;
  });
  return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

/** Trains, reads digits that were not seen, and draws where it looks; returns the figures. */
export async function run(log: (line: string) => void, { digits, epochs }: Training = { digits: 12_000, epochs: 4 }) {
  manualSeed(1);
  const model = new PatchTransformer(sizes);
  log(`${model.parameters().reduce((sum, { size }) => sum + size, 0)} parameters\n`);
  const begun = performance.now();
  await train(model, drawnDigits(digits, { seed: 1 }), epochs, log);
  const seconds = (performance.now() - begun) / 1000;
  model.eval();
  const test = drawnDigits(1000, { seed: 2 });
  const found = read(model, test);
  const accuracy = found.filter((digit, i) => digit === test.labels.data[i]).length / found.length;
  log(
    `\n${(100 * accuracy).toFixed(1)} % of ${found.length} digits that were not seen are read right, after ${seconds.toFixed(0)} s`,
  );
  const few = drawnDigits(10, { seed: 3 });
  const shares = await looks(model, few);
  const ink = moreInk(few, shares);
  log(`Where the class token looks there is ${ink.toFixed(1)} times as much ink as everywhere.`);
  const picture = draw(few, shares, read(model, few));
  model.dispose();
  return { accuracy, ink, picture };
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const { picture } = await run(console.log);
  mkdirSync('runs', { recursive: true });
  writeFileSync('runs/patches.svg', picture);
  console.log('\n  Ten digits, and where it looks: runs/patches.svg');
}
