// Networks over whole sequences in one op, against the same composed of other ops in double precision: sizes around every tile, vector and block of the
// loops, lengths, both directions; and batches that are shared out among threads.

import * as dl from '@dl/autograd';
import { scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { runnableEngines, wasmEngines } from './engines.js';

interface Network {
  readonly name: string;
  readonly factor: number;
  readonly states: readonly string[];
  readonly run: (gates: Tensor, weight: Tensor, options: Readonly<Record<string, unknown>>) => object;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Shapes of what else it takes, and of a weight that is not square. */
  readonly others?: (hidden: number) => Readonly<Record<string, readonly number[]>>;
  readonly size?: (hidden: number) => number;
}

const elman: Network = { name: 'elman', factor: 1, states: ['h0'], run: dl.elmanSequence };
const gru: Network = { name: 'gru', factor: 3, states: ['h0'], run: dl.gruSequence };
const lstm: Network = { name: 'lstm', factor: 4, states: ['h0', 'c0'], run: dl.lstmSequence };
const networks: readonly Network[] = [
  elman,
  { ...elman, name: 'elman with relu', options: { nonlinearity: 'relu' } },
  { ...gru, others: (hidden) => ({ bias: [3 * hidden] }) },
  { ...gru, name: 'gru that takes', options: { update: 'take' } },
  { ...gru, name: 'gru, reset before', options: { reset: 'before' }, others: (hidden) => ({ bias: [3 * hidden] }) },
  { ...gru, name: 'gru of Cho et al.', options: { reset: 'before', update: 'take' } },
  lstm,
  { ...lstm, name: 'lstm with peepholes', others: (hidden) => ({ peepholes: [3, hidden] }) },
  {
    ...lstm,
    name: 'lstm with a projection',
    size: (hidden) => Math.ceil(hidden / 2),
    others: (hidden) => ({ projection: [Math.ceil(hidden / 2), hidden] }),
  },
];

/** Outputs, and the gradients of every input, for one set of numbers. */
function results(network: Network, [batch, time, hidden]: readonly number[], dtype: dl.DType, order: object): Tensor[] {
  const { factor, states, run, options, others, size = (hidden: number) => hidden } = network;
  dl.manualSeed(7 * batch! + 3 * time! + hidden!);
  const bound = 1 / Math.sqrt(hidden!);
  const leaf = (shape: readonly number[], low = -1): Tensor => dl.rand(shape, { low, high: -low }).cast(dtype).detach();
  const given: Record<string, Tensor> = {
    gates: leaf([batch!, time!, factor * hidden!], -2),
    weight: leaf([factor * hidden!, size(hidden!)], -bound),
  };
  for (const state of states) given[state] = leaf([batch!, state === 'h0' ? size(hidden!) : hidden!]);
  for (const [name, shape] of Object.entries(others?.(hidden!) ?? {})) given[name] = leaf(shape, -bound);
  for (const each of Object.values(given)) each.requiresGrad = true;
  const { gates, weight, ...rest } = given;
  const outputs = Object.values(run(gates!, weight!, { ...rest, ...options, ...order })) as Tensor[];
  const total = outputs.map((y) => y.mul(leaf(y.shape)).sum()).reduce((sum, term) => sum.add(term));
  return [...outputs, ...(dl.gradients(total, Object.values(given)) as Tensor[])];
}

/** Within a part of the largest number, to which the rounding of sums is proportional. */
function expectClose(actual: readonly Tensor[], expected: readonly (readonly number[])[], within: number): void {
  for (const [i, values] of expected.entries()) {
    const largest = values.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    assertAllClose(actual[i]!.dataSync(), values, { rtol: 0, atol: within * largest });
  }
}

const numbers = (tensors: readonly Tensor[]): number[][] => tensors.map((x) => Array.from(x.dataSync()));

/** Backends that have no kernels for these ops, and so compose them. */
const composing = { float64: cpu({ engine: 'typescript' }), float32: cpu({ engine: 'wasm', threads: 1 }) };
const fused = runnableEngines().map((engine) => cpu({ engine, ...(engine !== 'typescript' && { threads: 1 }) }));

beforeAll(async () => {
  for (const backend of [...Object.values(composing), ...fused]) await useBackend(backend);
  for (const backend of Object.values(composing))
    for (const op of [dl.elmanSequence, dl.gruSequence, dl.lstmSequence]) backend.kernels.delete(op);
});

function on<T>(backend: dl.Backend, body: () => T): T {
  return dl.withBackend(backend, () => scope(body));
}

/** The op by what it is composed of. */
function composed(network: Network, sizes: readonly number[], dtype: 'float32' | 'float64', order: object): number[][] {
  return on(composing[dtype], () => numbers(results(network, sizes, dtype, order)));
}

const sizes: readonly (readonly [batch: number, time: number, hidden: number])[] = [
  ...[
    [1, 5, 3],
    [1, 2, 70],
    [2, 3, 8],
    [3, 4, 13],
    [4, 3, 8],
    [5, 3, 9],
  ],
  ...[
    [6, 2, 12],
    [7, 3, 5],
    [8, 2, 4],
    [9, 2, 6],
    [13, 2, 33],
    [125, 1, 5],
    [5, 2, 260],
  ],
] as const;

/** One way of going through a sequence for each size, in turn. */
function orderOf(i: number, batch: number, time: number): object {
  const lengths = Array.from({ length: batch }, (_, row) => 1 + ((row * 5 + 2) % time));
  return [{ lengths }, { reverse: true }, { lengths, reverse: true }, {}][i % 4]!;
}

describe('fused and composed agree', () => {
  test.each(networks)('$name', (network) => {
    for (const [i, size] of sizes.entries()) {
      const order = orderOf(i + networks.indexOf(network), size[0], size[1]);
      const exact = composed(network, size, 'float64', order);
      for (const backend of fused)
        on(backend, () => expectClose(results(network, size, 'float32', order), exact, 2e-6));
    }
  });

  test.each(networks)('$name, both in single precision', (network) => {
    const order = { lengths: [3, 1, 3, 2, 1] };
    const other = composed(network, [5, 3, 9], 'float32', order);
    for (const backend of fused)
      on(backend, () => expectClose(results(network, [5, 3, 9], 'float32', order), other, 1e-6));
  });
});

describe.each(wasmEngines())('%s: the same bits for any number of threads', (engine) => {
  const backends = [1, 2, 3, 7].map((threads) => cpu({ engine, threads, splitAll: threads > 1 }));
  beforeAll(async () => {
    for (const backend of backends) await useBackend(backend);
  });

  test.each(networks)('$name', (network) => {
    const order = { lengths: Array.from({ length: 27 }, (_, row) => 1 + (row % 3)), reverse: true };
    const [one, ...more] = backends.map((backend) =>
      on(backend, () => results(network, [27, 3, 24], 'float32', order).map((x) => x.dataSync())),
    );
    for (const each of more) expect(each).toEqual(one);
  });
});
