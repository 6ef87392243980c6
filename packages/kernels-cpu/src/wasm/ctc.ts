// Connectionist temporal classification, a sequence at a time.

import { type CtcSequences, ctcLosses, ctcLossesGrad, type KernelTensor } from '@dl/autograd';
import { COSTLY, pointerOf, type WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';
import { wasmKernel } from './kernel.js';

/** Calls `body` for each sequence with where its labels are and with scratch. */
function forEachSequence(
  engine: WasmEngine,
  { shape }: KernelTensor,
  { labels, inputLengths }: CtcSequences,
  body: (wasm: WasmExports, row: number, labels: number, scratch: number) => void,
): void {
  const longest = labels.reduce((most, { length }) => Math.max(most, length), 0);
  const steps = Math.max(...inputLengths);
  const starts = [0];
  for (const { length } of labels) starts.push(starts.at(-1)! + length);
  const at = engine.writeScratch('labels', labels.flat());
  const rows = shape[1]!;
  const tasks = engine.tasks(rows, Math.ceil(COSTLY / (steps * (2 * longest + 1))));
  const bytes = engine.wasm.ctcBytes(longest, steps);
  engine.withRoom(tasks * bytes, (scratch) => {
    engine.split(rows, tasks, (wasm, first, end, task) => {
      for (let row = first; row < end; row++) body(wasm, row, at + 4 * starts[row]!, scratch + task * bytes);
    });
  });
}

export const ctcLossesKernel = wasmKernel(ctcLosses, (engine, { logProbs, y }, sequences) => {
  if (logProbs.dtype !== 'float32') return false;
  const [, batch, classes] = logProbs.shape as readonly [number, number, number];
  const [from, to] = [pointerOf(logProbs), pointerOf(y)];
  const { labels, inputLengths, blank } = sequences;
  forEachSequence(engine, logProbs, sequences, (wasm, row, at, scratch) => {
    const [steps, count] = [inputLengths[row]!, labels[row]!.length];
    wasm.ctcLoss(from + 4 * row * classes, 4 * batch * classes, steps, at, count, blank, to + 4 * row, scratch);
  });
  return true;
});

export const ctcLossesGradKernel = wasmKernel(ctcLossesGrad, (engine, { g, logProbs, y }, sequences) => {
  if (logProbs.dtype !== 'float32') return false;
  const [time, batch, classes] = logProbs.shape as readonly [number, number, number];
  const [upstream, from, to] = [pointerOf(g), pointerOf(logProbs), pointerOf(y)];
  const { labels, inputLengths, blank } = sequences;
  forEachSequence(engine, logProbs, sequences, (wasm, row, at, scratch) => {
    const start = 4 * row * classes;
    const [step, steps, count] = [4 * batch * classes, inputLengths[row]!, labels[row]!.length];
    const [dy, x, dx] = [upstream + 4 * row, from + start, to + start];
    wasm.ctcLossGrad(dy, x, dx, step, time, steps, classes, at, count, blank, scratch);
  });
  return true;
});
