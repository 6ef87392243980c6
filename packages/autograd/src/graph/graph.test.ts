// Walking, printing and drawing the graph.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import { graph, graphToDot, matmul, ones, printGraph, split, tensor, useBackend, zeros } from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

test('a layer, as data', () => {
  const w = ones([3, 2], { requiresGrad: true });
  const b = zeros([2], { requiresGrad: true });
  const y = matmul(ones([4, 3]), w)
    .add(b)
    .relu();
  expect(graph(y)).toEqual([
    { id: 0, op: 'leaf', shape: [3, 2], dtype: 'float32', inputs: [] },
    { id: 1, op: 'matmul', shape: [4, 2], dtype: 'float32', inputs: [0] },
    { id: 2, op: 'leaf', shape: [2], dtype: 'float32', inputs: [] },
    { id: 3, op: 'add', shape: [4, 2], dtype: 'float32', inputs: [1, 2] },
    { id: 4, op: 'relu', shape: [4, 2], dtype: 'float32', inputs: [3] },
  ]);
});

test('a value used twice appears once', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = x.square();
  expect(printGraph(y.mul(y).add(x).sum())).toBe(
    [
      '0 leaf float32 [2]',
      '1 square float32 [2] ← 0',
      '2 mul float32 [2] ← 1, 1',
      '3 add float32 [2] ← 2, 0',
      '4 sum float32 [] ← 3',
    ].join('\n'),
  );
});

test('a tensor without a graph is a leaf', () => {
  expect(graph(tensor(1))).toEqual([{ id: 0, op: 'leaf', shape: [], dtype: 'float32', inputs: [] }]);
});

test('every vertex comes after those that it was computed from, also in a deep graph', () => {
  const x = tensor([1, 2, 3, 4], { requiresGrad: true });
  let y = x.mul(1);
  for (let i = 0; i < 5000; i++) y = y.add(i % 2 === 0 ? x : y);
  const [a, b] = split(y, 2);
  const vertices = graph(a!.mul(b!));
  expect(vertices.length).toBe(1 + 1 + 5000 + 1 + 1);
  for (const { id, inputs } of vertices) for (const input of inputs) expect(input).toBeLessThan(id);
});

test('as a drawing in the DOT language', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  expect(graphToDot(x.exp()).split('\n')).toEqual([
    'digraph {',
    '  rankdir=LR;',
    '  n0 [label="leaf\\n[2]", shape=box, style=filled, fillcolor=lightgrey];',
    '  n1 [label="exp\\n[2]", shape=ellipse];',
    '  n0 -> n1;',
    '}',
  ]);
});
