// Random expressions on the GPU, beside the CPU's readable kernels.

import { type Backend, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { gpu as gpuBackend } from '@dl/kernels-gpu';
import { differOnlyWhere } from '../compare.js';
import type { Kind, Numbers, Outcome } from '../kind.js';
import { type Case, compositions, run } from './compositions.js';

const reference = cpu({ engine: 'typescript' });
let device: Promise<Backend> | undefined;
let isMissing = false;

/** One device for all cases, started by the first. */
function started(): Promise<Backend> {
  device ??= (async () => {
    const backend = gpuBackend({ engine: 'headlessgl' });
    await useBackend(backend);
    return backend;
  })().catch((error) => {
    isMissing = true;
    throw error;
  });
  return device;
}

/** The same on the CPU in the other dtype says how uncertain the numbers are. */
async function onCpu(given: Case): Promise<Outcome> {
  await useBackend(reference);
  const [single, double] = [run(given), run({ ...given, dtype: 'float64' })];
  const bounds = Object.keys(single).map((name) => [`${name} ±`, uncertain(flat(single, name), flat(double, name))]);
  return { ...single, ...Object.fromEntries(bounds) };
}

const flat = (outcome: Outcome, name: string): Numbers[] => {
  const values = (outcome as Record<string, Numbers>)[name]!;
  return (Array.isArray(values) ? values : [values]).flat() as Numbers[];
};

function uncertain(single: readonly Numbers[], double: readonly Numbers[]): Numbers {
  const isOver = double.some((value, i) => typeof value === 'number' && typeof single[i] === 'string');
  if (isOver) return 'inf';
  const numbers = double.map((value, i): [number, number] => [Number(value), Number(single[i])]);
  const finite = numbers.filter((pair) => pair.every(Number.isFinite));
  const off = finite.map(([a, b]) => Math.abs(a - b));
  const sizes = finite.map(([a]) => Math.abs(a));
  return 32 * Math.max(0, ...off) + 1e-5 * Math.max(0, ...sizes);
}

const SQUARING = ['variance', 'std', 'norm', 'layerNorm', 'rmsNorm', 'groupNorm', 'batchNorm'];
const tolerance = { rtol: 1e-4, atol: 1e-5 };

export const gpu: Kind<Case> = {
  name: 'gpu',
  draw: (random) => ({ ...(compositions.draw(random) as Case), dtype: 'float32' }),
  async run(given) {
    // What the GPU has no kernel for, such as sort, runs on the CPU behind it.
    await useBackend([await started(), reference]);
    return run(given);
  },
  reference: onCpu,
  tolerance: () => tolerance,
  reason({ inputs, steps }, ours, theirs) {
    if (isMissing)
      return 'nothing was compared: no OpenGL here; "npm run build-gl" builds it, and it runs under xvfb-run';
    const only = (expected: (here: Numbers, there: Numbers, name: string) => boolean): boolean =>
      differOnlyWhere(ours, theirs, tolerance, expected);
    const isSmall = (value: Numbers): boolean => Math.abs(Number(value)) < 1.2e-38;
    if (only((here, there) => isSmall(here) && isSmall(there))) return 'numbers below 2^-126 are zeros on a GPU';
    const isHuge = inputs.some(({ data }) => data.some((x) => Math.abs(Number(x)) >= 1e19));
    if (isHuge && steps.some(({ op }) => SQUARING.includes(op))) {
      return 'squares of numbers beyond 1e19 overflow on a GPU, where the CPU sums them in double precision';
    }
    return undefined;
  },
};
