// The lists of workloads and targets name one another by text: loading them is what checks that.

import { expect, it } from 'vitest';
import { gpuTargets, targets } from './targets.js';
import { gpuWorkloads } from './workloads/gpu.js';
import { matching, workloads } from './workloads/index.js';

it('has each name once, and a target for none but these', () => {
  const names = workloads.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  for (const { workload } of targets) expect(names).toContain(workload);
  const onGpu = gpuWorkloads.map(({ name }) => name);
  for (const { workload } of gpuTargets) expect(onGpu).toContain(workload);
});

it('asks PyTorch in every workload with tensors that has a target', () => {
  const plain = workloads.filter(({ isPlain }) => isPlain).map(({ name }) => name);
  const without = [...new Set(targets.map(({ workload }) => workload))].filter(
    (name) =>
      !plain.includes(name) &&
      !targets.some(({ workload, engines }) => workload === name && engines.includes('torch 1 thread')),
  );
  expect(without).toEqual([]);
});

it('finds workloads by a part of their name and by their family', () => {
  expect(matching('lenet-5 training').map(({ name }) => name)).toContain('LeNet-5 training step, batch 64');
  expect(matching('dispatch').every(({ overheadBound }) => overheadBound)).toBe(true);
  expect(matching('dispatch').length).toBeGreaterThan(0);
});
