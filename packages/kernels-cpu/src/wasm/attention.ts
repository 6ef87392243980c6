// Attention: threads have blocks of queries, of all heads and batches.

import { scaledDotProductAttention } from '@dl/autograd';
import { attend } from '../typescript/attention-rows.js';
import { notFinite, queriesOf } from '../typescript/attention-scores.js';
import { kernel } from '../typescript/kernel.js';
import { isFinished, isForWasm, writeAttentionPlan } from './attention-plan.js';
import { wasmKernel } from './kernel.js';
import { GRAIN } from './product.js';

export const scaledDotProductAttentionKernel = wasmKernel(scaledDotProductAttention, (engine, tensors, attrs) => {
  if (!isForWasm(tensors)) return false;
  const { pointer, groups, blocks, scores } = writeAttentionPlan(engine, tensors, attrs);
  const units = groups * blocks;
  const work = scores * (tensors.q.shape[3]! + tensors.v.shape[3]!);
  const tasks = engine.tasks(units, Math.ceil((GRAIN / work) * blocks));
  const each = engine.wasm.attentionBytes(pointer);
  engine.withRoom(tasks * each, (room) => {
    engine.split(units, tasks, (wasm, first, end, task) => wasm.attention(pointer, first, end, room + task * each));
  });
  if (!isFinished(engine)) {
    engine.noteLeft(scaledDotProductAttention.name);
    mendAttention.run(tensors, attrs);
  }
  return true;
});

/**
 * Makes those rows of a result anew that have what is not finite. Kernels that go through all keys multiply what is hidden with weights of 0, which is
 * NaN where that is not finite; this one passes it over. Rows that are finite were right, and stay as they are to the bit.
 */
const mendAttention = kernel(scaledDotProductAttention, (tensors, attrs) => {
  const broken = notFinite(tensors.y, tensors.y.shape[3]!);
  for (const query of queriesOf(tensors, attrs, (row) => broken[row]!)) attend(tensors, query);
});
