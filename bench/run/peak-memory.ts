// Makes three training steps of a network, goes through attention and back or counts n-grams, and prints the resident memory of this process, in MiB. Its
// argument is a Network.

import {
  crossEntropy,
  gradients,
  manualSeed,
  randn,
  type Shape,
  scaledDotProductAttention,
  scope,
  tensor,
  useBackend,
} from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@dl/layers';
import { NgramCounts } from '@dl/lm';
import { SGD } from '@dl/optim';
import { dlLenet } from '../workloads/lenet.js';
import { zipf } from '../workloads/workload.js';
import type { Network } from './memory.js';

const MIB = 2 ** 20;
const STEPS = 3;

/** Simonyan & Zisserman, 2015, configuration D, without dropout. */
function vgg16(): Sequential {
  const stages = [
    [3, 64, 64],
    [64, 128, 128],
    [128, 256, 256, 256],
    [256, 512, 512, 512],
    [512, 512, 512, 512],
  ];
  return new Sequential(
    ...stages.flatMap((channels) => [
      ...channels.slice(1).flatMap((to, i) => [new Conv2d(channels[i]!, to, 3, { padding: 1 }), new ReLU()]),
      new MaxPool2d(2),
    ]),
    ...[new Flatten(), new Linear(512 * 7 * 7, 4096), new ReLU()],
    ...[new Linear(4096, 4096), new ReLU(), new Linear(4096, 1000)],
  );
}

/** Training steps of a network. */
function stepsOf(make: () => Sequential, shape: Shape): () => void {
  const model = make();
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  const x = randn(shape);
  const labels = tensor(new Int32Array(shape[0]!));
  return () => {
    crossEntropy(model.forward(x), labels).backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
}

function attention(): () => void {
  const make = () => randn([1, 8, 4096, 64], { requiresGrad: true });
  const [q, k, v] = [make(), make(), make()];
  return () => {
    gradients(scaledDotProductAttention(q, k, v, { causal: true }).sum(), [q, k, v]);
  };
}

/** Once: a second count would stand beside the first. */
function ngrams(): () => void {
  const tokens = zipf(1_000_000, 20_000).values();
  const kept: NgramCounts[] = [];
  return () => {
    if (kept.length === 0) kept.push(new NgramCounts(20_000, { order: 5 }).add(tokens));
  };
}

const cases: Readonly<Record<Network, () => () => void>> = {
  lenet: () => stepsOf(dlLenet, [64, 1, 28, 28]),
  vgg16: () => stepsOf(vgg16, [2, 3, 224, 224]),
  attention,
  ngrams,
};

const backend = await useBackend(cpu({ engine: 'wasm', threads: 1 } as CpuOptions));
if (!backend.info().engine.startsWith('wasm relaxed-simd')) throw new Error(`dl runs on ${backend.info().engine}`);
manualSeed(1);
const start = Math.round(process.memoryUsage.rss() / MIB);
const step = cases[process.argv[2] as Network]();
for (let i = 0; i < STEPS; i++) {
  using _ = scope();
  step();
}
console.log(JSON.stringify({ start, peak: Math.round(process.resourceUsage().maxRSS / 1024) }));
