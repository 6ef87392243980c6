// Attention: threads have blocks of queries, of all heads and batches.

import { scaledDotProductAttention } from '@dl/autograd';
import { mendAttention } from './attention-mend.js';
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
