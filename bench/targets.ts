// What we want to reach beside the peers, each a sentence that a run of the benchmarks proves or not.

import { oursOnGpu, peerOnGpu } from './engines/gpu-names.js';
import { onLess, references } from './engines/index.js';
import type { Column, Row } from './run/measure-workload.js';
import { workloads } from './workloads/index.js';

export interface Target {
  readonly workload: string;
  readonly sentence: string;
  /** The engines that it needs. */
  readonly engines: readonly string[];
  /** The figure to compare with `limit`; undefined when an engine is missing. */
  readonly value: (row: Row) => number | undefined;
  readonly limit: number;
  readonly unit: '×' | '%' | 'µs' | 'ms';
  /** Whether the value should be at least, or at most the limit. */
  readonly wants: 'at least' | 'at most';
}

const [ours, twoThreads] = [references[1]!, references[2]!];
const torch = 'torch 1 thread';
const onnxNode = 'onnxruntime node';
const peers = ['tfjs wasm', 'jax-js wasm', 'onnxruntime web', onnxNode, torch];

const columnOf = (row: Row, engine: string): Column | undefined =>
  row.columns.find((column) => column.engine === engine);

/** Our time over another engine's. */
const over = (row: Row, engine: string): number | undefined => columnOf(row, ours)?.ratios[engine];

const inverse = (value: number | undefined): number | undefined => (value === undefined ? undefined : 1 / value);

type Of = (workload: string) => Target;

function fasterThan(peer: string, times: number): Of {
  return (workload) => ({
    workload,
    sentence: `${times} times as fast as ${peer}`,
    engines: [ours, peer],
    value: (row) => inverse(over(row, peer)),
    limit: times,
    unit: '×',
    wants: 'at least',
  });
}

function timeOver(peer: string, times: number): Of {
  return (workload) => ({
    workload,
    sentence: `${times} times the time of ${peer}`,
    engines: [ours, peer],
    value: (row) => over(row, peer),
    limit: times,
    unit: '×',
    wants: 'at most',
  });
}

function timeOverFastest(times: number): Of {
  return (workload) => ({
    workload,
    sentence: times === 1 ? 'the time of the fastest peer' : `${times} times the time of the fastest peer`,
    engines: [ours, ...peers],
    value(row) {
      const ratios = peers.flatMap((peer) => over(row, peer) ?? []);
      return ratios.length === 0 ? undefined : Math.max(...ratios);
    },
    limit: times,
    unit: '×',
    wants: 'at most',
  });
}

/** What it costs must not depend on how much data there is beside those that it uses. */
const timeOverLess =
  (times: number): Of =>
  (workload) => ({
    workload,
    sentence: `${times} times the time on less data`,
    engines: [ours, onLess],
    value: (row) => over(row, onLess),
    limit: times,
    unit: '×',
    wants: 'at most',
  });

/** Of tokens that a model generates: what the decoder costs around it. */
const timeOverModel =
  (times: number): Of =>
  (workload) => ({ ...timeOverLess(times)(workload), sentence: `${times} times the time of the model alone` });

const rate =
  (percent: number): Of =>
  (workload) => ({
    workload,
    sentence: `${percent} % of the micro-kernel's own rate`,
    engines: [ours, 'micro-kernel'],
    value(row) {
      const share = inverse(over(row, 'micro-kernel'));
      return share === undefined ? undefined : 100 * share;
    },
    limit: percent,
    unit: '%',
    wants: 'at least',
  });

const twoThreadsFaster =
  (times: number): Of =>
  (workload) => ({
    workload,
    sentence: `${times} times as fast with 2 threads as with 1`,
    engines: [ours, twoThreads],
    value: (row) => over(row, twoThreads),
    limit: times,
    unit: '×',
    wants: 'at least',
  });

const timeOf =
  (limit: number, unit: 'µs' | 'ms'): Of =>
  (workload) => ({
    workload,
    sentence: `${limit} ${unit}`,
    engines: [ours],
    value(row) {
      const time = columnOf(row, ours)?.time;
      return time === undefined || unit === 'ms' ? time : 1000 * time;
    },
    limit,
    unit,
    wants: 'at most',
  });

const microseconds = (limit: number): Of => timeOf(limit, 'µs');
const milliseconds = (limit: number): Of => timeOf(limit, 'ms');

/**
 * By the start of the workload's name. PyTorch is asked for each of them that has tensors. Products of matrices are bound by the width of vectors: a core
 * here has 207 GFLOP/s with AVX-512 and 56 with the 128 bits of WebAssembly, 3.7 times less.
 */
const wanted: Readonly<Record<string, readonly Of[]>> = {
  'matmul [512, 512] [512, 512]': [
    rate(85),
    fasterThan('tfjs wasm', 1.3),
    fasterThan('onnxruntime web', 1.5),
    timeOver(torch, 4),
    twoThreadsFaster(1.8),
  ],
  'matmul [1024, 1024] [1024, 1024]': [
    rate(85),
    fasterThan('tfjs wasm', 1.3),
    fasterThan('onnxruntime web', 1.5),
    timeOver(torch, 4),
    twoThreadsFaster(1.8),
  ],
  'conv2d 3x3 forward': [fasterThan('tfjs wasm', 1.5), timeOver(torch, 1.6)],
  'conv2d 3x3 backward': [timeOver(torch, 2.2)],
  // No data move, on either side.
  'split into 4 along 0 [1024, 1024]': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  'unbind [1024, 1024]': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  'slice: rows [1024, 1024]': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  'slice: one row [1024, 1024]': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  'an epoch over batches as slices': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  'steps of time one after the other': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  'reading 10 of 1000000 numbers': [timeOver('tfjs cpu', 1.5), timeOver('tfjs wasm', 1.5), timeOver(torch, 3)],
  // Of 1,000 rows and of 200,000.
  'sparse embedding step with SGD, 256 of 200000 rows': [timeOverLess(1.3), timeOver(torch, 1.5)],
  'sparse embedding step with Adagrad, 256 of 200000 rows': [timeOverLess(1.3), timeOver(torch, 1.5)],
  'sparse embedding step with SparseAdam, 256 of 200000 rows': [timeOverLess(1.3), timeOver(torch, 1.5)],
  // Of 10,000 words and of 200,000.
  'word2vecUpdate, 1024 pairs and 5 drawn words each, 200000 words': [timeOverLess(1.5), fasterThan(torch, 5)],
  'skip-gram step with SGD, 1024 pairs and 5 drawn words each, 200000 words': [timeOverLess(1.3), timeOver(torch, 2)],
  'LeNet-5 training step': [timeOver(torch, 1.5), fasterThan('jax-js wasm', 50)],
  'ResNet-18 inference': [fasterThan('tfjs wasm', 1.5), timeOver(torch, 1.5), timeOver(onnxNode, 3.7)],
  'LSTM forward': [timeOver(torch, 1.3)],
  'LSTM training step, 128 to 256': [fasterThan('jax-js wasm', 6), fasterThan('tfjs wasm', 15), timeOver(torch, 1.25)],
  'GRU training step': [timeOver(torch, 1.3)],
  'Elman network training step': [timeOver(torch, 1.3)],
  'LSTM training step, 64 to 64, 256 steps, batch 1': [timeOver(torch, 1)],
  'LSTM training step, 64 to 64, 16 steps, batch 256': [timeOver(torch, 1.5)],
  'LSTM training step, 512 to 512': [twoThreadsFaster(1.6), timeOver(torch, 3)],
  'character LSTM training step': [timeOver(torch, 1.25)],
  // Products alone take 1.6 times as long, and in a transformer block 2.1; PyTorch holds the matrix of weights and makes passes over it.
  'attention forward, batch 8': [timeOver(torch, 1.8)],
  'attention forward and backward, batch 8': [timeOver(torch, 1.75)],
  'causal attention forward, batch 1': [timeOver(torch, 1)],
  'transformer block forward': [timeOver(torch, 2.2)],
  'transformer block training step': [
    fasterThan('jax-js wasm', 2.6),
    fasterThan('tfjs wasm', 25),
    timeOver(torch, 1.9),
  ],
  // At least 150 tokens a second; and what attention reads of a thousand positions is a third of the weights.
  'GPT of 10 M parameters': [microseconds(6667), timeOverLess(1.5), timeOver(torch, 2)],
  'small GPT training step': [timeOver(torch, 1.9)],
  'relu [10000000]': [timeOverFastest(1)],
  'add [10000000]': [timeOverFastest(1)],
  'exp [10000000]': [timeOverFastest(1)],
  'softmax [4096, 1000]': [timeOverFastest(1.3)],
  'MLP 4-16-16-1 training step': [microseconds(60), timeOver(torch, 0.5)],
  // Two million scores a second.
  'counting 1000000 tokens to order 5': [milliseconds(3000)],
  'scoring 1000000 tokens by modified Kneser-Ney': [milliseconds(500)],
  'BPE: learning 4000 merges of 1 MB': [milliseconds(5000)],
  // Of a large vocabulary a pass over the row costs as much as the model itself, so the target is missed there.
  'generating 500 tokens, greedy, by trigrams of 65 ': [timeOverModel(1.2)],
  'generating 500 tokens, drawn, by trigrams of 65 ': [timeOverModel(1.2)],
  'generating 500 tokens, greedy, by trigrams of 10000 ': [timeOverModel(1.2)],
  'generating 500 tokens, drawn, by trigrams of 10000 ': [timeOverModel(1.2)],
  'generating 100 tokens, greedy, by a small GPT': [timeOverModel(1.2)],
  'generating 100 tokens, drawn, by a small GPT': [timeOverModel(1.2)],
};

export const targets: readonly Target[] = Object.entries(wanted).flatMap(([start, list]) => {
  const found = workloads.filter(({ name }) => name.startsWith(start));
  if (found.length !== 1) throw new Error(`${found.length} workloads start with "${start}", needs 1`);
  return list.map((of) => of(found[0]!.name));
});

/** On a GPU, or what stands in for one; by the name of the workload. */
export const gpuTargets: readonly Target[] = [
  'LeNet-5 training step, batch 64',
  'matmul [512, 512] [512, 512]',
  'conv2d 3x3 [8, 16, 32, 32] [32, 16, 3, 3]',
  'conv2d backward 3x3 [8, 16, 32, 32] [32, 16, 3, 3] [8, 32, 32, 32]',
].map((workload) => ({
  workload,
  sentence: `the time of ${peerOnGpu}`,
  engines: [oursOnGpu, peerOnGpu],
  value: (row) => columnOf(row, oursOnGpu)?.ratios[peerOnGpu],
  limit: 1,
  unit: '×',
  wants: 'at most',
}));

/** What a run of the targets measures: each workload with the engines that its targets need. */
export function targetWorkloads(): { readonly name: string; readonly engines: readonly string[] }[] {
  const names = [...new Set(targets.map(({ workload }) => workload))];
  return names.map((name) => ({
    name,
    engines: [...new Set(targets.filter(({ workload }) => workload === name).flatMap(({ engines }) => engines))],
  }));
}

export function isMet({ limit, wants }: Target, value: number): boolean {
  return wants === 'at least' ? value >= limit : value <= limit;
}
