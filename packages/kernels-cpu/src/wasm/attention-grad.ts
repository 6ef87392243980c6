// The gradients of attention: threads have groups of heads that share keys.

import { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from '@dl/autograd';
import { biasSums, differentiate } from '../typescript/attention-rows.js';
import { notFinite } from '../typescript/attention-scores.js';
import { kernel } from '../typescript/kernel.js';
import { isFinished, isForWasm, writeAttentionPlan } from './attention-plan.js';
import { pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';
import { GRAIN } from './product.js';

export const scaledDotProductAttentionGradKernel = wasmKernel(
  scaledDotProductAttentionGrad,
  (engine, tensors, attrs) => {
    if (!isForWasm(tensors)) return false;
    const { pointer, groups, scores } = writeAttentionPlan(engine, tensors, attrs);
    const work = scores * (3 * tensors.q.shape[3]! + 2 * tensors.v.shape[3]!);
    const tasks = engine.tasks(groups, Math.ceil(GRAIN / work));
    const each = engine.wasm.attentionGradBytes(pointer, 0);
    engine.withRoom(tasks * each, (room) => {
      engine.split(groups, tasks, (wasm, first, end, task) => {
        wasm.attentionGrad(pointer, first, end, room + task * each);
      });
    });
    if (!isFinished(engine)) {
      engine.noteLeft(scaledDotProductAttentionGrad.name);
      mendAttentionGrad.run(tensors, attrs);
    }
    return true;
  },
);

export const scaledDotProductAttentionBiasGradKernel = wasmKernel(
  scaledDotProductAttentionBiasGrad,
  (engine, tensors, attrs) => {
    if (!isForWasm(tensors)) return false;
    const { q, v, bias, dbias } = tensors;
    const { pointer, groups, rowBlock, scores } = writeAttentionPlan(engine, tensors, attrs);
    const [batch, heads, queries] = q.shape as readonly [number, number, number, number];
    const [ofBatch, ofHeads, ofQueries] = bias.shape as readonly [number, number, number, number];
    const blocks = ofQueries > 1 ? Math.ceil(queries / rowBlock) : 1;
    const units = (ofBatch > 1 ? batch : 1) * (ofHeads > 1 ? heads : 1) * blocks;
    const work = groups * scores * (q.shape[3]! + v.shape[3]!);
    const tasks = engine.tasks(units, Math.ceil((GRAIN / work) * units));
    engine.wasm.fillValue(pointerOf(dbias), 4 * dbias.size, 0, 0);
    const each = engine.wasm.attentionGradBytes(pointer, 1);
    engine.withRoom(tasks * each, (room) => {
      engine.split(units, tasks, (wasm, first, end, task) => {
        wasm.attentionBiasGrad(pointer, first, end, batch, room + task * each);
      });
    });
    if (!isFinished(engine)) {
      engine.noteLeft(scaledDotProductAttentionBiasGrad.name);
      mendAttentionBiasGrad.run(tensors, attrs);
    }
    return true;
  },
);

/** Makes those rows of gradients anew that have what is not finite, as `mendAttention` does with results. */
const mendAttentionGrad = kernel(scaledDotProductAttentionGrad, (tensors, attrs) => {
  const { q, k, v, dq, dk, dv } = tensors;
  const [features, width] = [q.shape[3]!, v.shape[3]!];
  const [brokenQ, brokenK, brokenV] = [notFinite(dq, features), notFinite(dk, features), notFinite(dv, width)];
  const keys = k.shape[2]!;
  const ofKeys = (key: number): boolean => brokenK[key]! || brokenV[key]!;
  const groups = Array.from({ length: brokenK.length / keys }, (_, group) => {
    for (let j = 0; j < keys; j++) if (ofKeys(group * keys + j)) return true;
    return false;
  });
  differentiate(tensors, attrs, {
    ofQueries: (row) => brokenQ[row]!,
    ofKeys,
    ofGroups: (keyRow) => groups[keyRow / keys]!,
  });
});

/** The same for the gradient of the bias, number by number. */
const mendAttentionBiasGrad = kernel(scaledDotProductAttentionBiasGrad, (tensors, attrs) => {
  const { data } = tensors.dbias;
  const sums = biasSums(tensors, attrs);
  for (let i = 0; i < sums.length; i++) if (!Number.isFinite(data[i]!)) data[i] = sums[i]!;
});
