// A result that needs no work is still a tensor of its own: disposing of it leaves the caller's tensor alone.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as dl from '../index.js';

beforeAll(async () => {
  await dl.useBackend(cpu());
});

const calls: Record<string, (x: dl.Tensor) => dl.Tensor> = {
  alias: (x) => dl.alias(x),
  'cast to the same dtype': (x) => x.cast('float32'),
  checkpoint: (x) => dl.checkpoint((y) => y, x),
  'clamp without bounds': (x) => x.clamp(-Infinity, Infinity),
  'concat of one': (x) => dl.concat([x]),
  customGrad: (x) => dl.customGrad((y: dl.Tensor) => ({ value: y, gradient: (dy) => [dy] }))(x),
  detach: (x) => x.detach(),
  'dropout in evaluation': (x) => dl.dropout(x, 0.5, { training: false }),
  'dropout of nothing': (x) => dl.dropout(x, 0),
  'einsum ij': (x) => dl.einsum('ij->ij', x),
  'expand to the same shape': (x) => x.expand([2, 3]),
  'flip of no axes': (x) => x.flip([]),
  'max over no axes': (x) => x.max([]),
  'pad by nothing': (x) =>
    dl.pad(x, [
      [0, 0],
      [0, 0],
    ]),
  'permute in the same order': (x) => x.permute([0, 1]),
  'repeat once': (x) => dl.repeat(x, [1, 1]),
  'reshape to the same shape': (x) => x.reshape([2, 3]),
  'roll by 0': (x) => dl.roll(x, 0, 0),
  'slice of all': (x) => x.slice([]),
  'split into one': (x) => dl.split(x, 2)[0]!,
  'squeeze without such an axis': (x) => x.squeeze(),
  'sum over no axes': (x) => x.sum([]),
  'to its own backend': (x) => x.to(x.backend),
  'transpose of an axis with itself': (x) => x.transpose(0, 0),
  'no gradient': (x) => dl.noGrad(() => x.cast('float32')),
};

test.each(Object.entries(calls))('%s', (_, call) => {
  const x = dl.rand([2, 3], { requiresGrad: true });
  const values = x.toArray();
  const y = call(x);
  expect(y).not.toBe(x);
  expect(y.toArray()).toEqual(values);
  y.dispose();
  expect(x.toArray()).toEqual(values);
  const z = call(x);
  if (z.requiresGrad) {
    z.sum().backward();
    expect(x.grad!.toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  }
});
