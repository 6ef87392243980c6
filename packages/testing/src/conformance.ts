// The conformance suite: every op, on its own samples, against a backend that is trusted. For any test runner.

import {
  type AnyOp,
  type Backend,
  concat,
  gradients,
  memory,
  scope,
  type Tensor,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { allSamples, type OpSamples, type SampleCase } from '@dl/autograd/samples';
import { assertAllClose } from './all-close.js';
import { checkDependent } from './dependent-check.js';
import { gradCheck } from './grad-check.js';
import { inCase, useBackends } from './running.js';
import { inputsFrom, leavesOf, runSample, type SampleTensors, sampleTensors } from './sample-inputs.js';

/** A test to hand to a runner: `test(name, run)`, or `test.skip` where there is a reason to leave it out. */
export interface Check {
  readonly name: string;
  readonly skip?: string;
  run(): void | Promise<void>;
}

export interface ConformanceOptions {
  /** The backend under test. */
  readonly backend: Backend;
  /** The backend that is trusted; it must do float64. The CPU backend with its TypeScript engine. */
  readonly reference: Backend;
  /** What is left out: the op's name (`conv2d`) or one check of it (`conv2d gradient float32`), with the reason. */
  readonly exclude?: Readonly<Record<string, string>>;
  /** The samples to run. Default: those of every op of @dl/autograd. */
  readonly samples?: readonly OpSamples[];
}

/**
 * The checks of a backend: for each sample of each op the values and the gradients in float32 (and in float64 where the
 * backend has it) against the reference in float64, and that nothing stays in memory.
 *
 * @example
 * ```ts
 * import { cpu } from '@dl/kernels-cpu';
 * import { conformance } from '@dl/testing';
 * // In a test file: for (const { name, run } of conformance({ … })) test(name, run);
 * const checks = conformance({ backend: cpu(), reference: cpu() });
 * await checks[0]?.run();
 * ```
 */
export function conformance({ backend, reference, exclude = {}, samples = allSamples() }: ConformanceOptions): Check[] {
  const checks: Check[] = [];
  const known = new Set<string>();
  const add = (op: AnyOp, what: string, run: () => void | Promise<void>): void => {
    const name = `${op.name} ${what}`;
    known.add(op.name).add(name);
    const reason = exclude[name] ?? exclude[op.name];
    checks.push({ name, run, ...(reason !== undefined && { skip: reason }) });
  };
  const floats = (['float32', 'float64'] as const).filter((dtype) => backend.supports(dtype));
  for (const { op, cases, tolerance } of samples) {
    for (const dtype of floats) {
      const within = dtype === 'float64' ? 1e-12 : tolerance;
      const eachCase = (what: string, check: (sample: SampleCase) => Promise<void>): void =>
        add(op, `${what} ${dtype}`, async () => {
          await useBackends(reference, backend);
          for (const [i, sample] of cases.entries()) await inCase(i, () => check(sample));
        });
      eachCase('values', (sample) => compareValues(op, sample, dtype, within, backend, reference));
      if (op.declaration.grad !== 'nondifferentiable') {
        // A gradient passes through several ops, each with its own rounding.
        eachCase('gradient', (sample) => compareGradients(op, sample, dtype, 10 * within, backend, reference));
      }
    }
    add(op, 'leaves no memory', async () => {
      await useBackends(reference, backend);
      for (const sample of cases) checkMemory(op, sample, backend);
    });
  }
  const unknown = Object.keys(exclude).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new Error(
      `conformance: '${unknown}' is excluded, but there is no such op or check; mend the name or remove it`,
    );
  return checks;
}

async function compareValues(
  op: AnyOp,
  sample: SampleCase,
  dtype: 'float32' | 'float64',
  within: number,
  backend: Backend,
  reference: Backend,
): Promise<void> {
  using _ = scope();
  const actual = withBackend(backend, () => runSample(op, sampleTensors(sample, dtype, backend), sample.attrs));
  const expected = withBackend(reference, () =>
    runSample(op, sampleTensors(sample, 'float64', reference), sample.attrs),
  );
  for (const name of Object.keys(expected)) await compareTensors(actual[name]!, expected[name]!, within);
}

async function compareGradients(
  op: AnyOp,
  sample: SampleCase,
  dtype: 'float32' | 'float64',
  within: number,
  backend: Backend,
  reference: Backend,
): Promise<void> {
  using _ = scope();
  const actual = withBackend(backend, () => sampleGradients(op, sampleTensors(sample, dtype, backend), sample));
  const expected = withBackend(reference, () =>
    sampleGradients(op, sampleTensors(sample, 'float64', reference), sample),
  );
  for (const [i, gradient] of actual.entries()) {
    const other = expected[i];
    if ((gradient === undefined) !== (other === undefined))
      throw new Error(`input ${i} has a gradient on one backend only`);
    if (gradient !== undefined) await compareTensors(gradient, other!, within);
  }
}

/** Within a fraction of the largest finite value: what rounding in a sum is proportional to. */
async function compareTensors(actual: Tensor, expected: Tensor, within: number): Promise<void> {
  const [a, e] = [await actual.data(), await expected.data()];
  if (`${actual.shape}` !== `${expected.shape}`)
    throw new Error(`the shapes differ: got [${actual.shape}], expected [${expected.shape}]`);
  let largest = 0;
  for (const value of e) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  assertAllClose(a, e, { rtol: within, atol: within * largest });
}

/** A number that depends on every float output, so that one backward goes through all of them. */
function total(outputs: Readonly<Record<string, Tensor>>): Tensor | undefined {
  return Object.values(outputs)
    .filter((output) => output.requiresGrad)
    .map((output) => output.mul(output.detach().mul(0.25).add(1)).sum())
    .reduce<Tensor | undefined>((sum, term) => (sum === undefined ? term : sum.add(term)), undefined);
}

function sampleGradients(op: AnyOp, tensors: SampleTensors, sample: SampleCase): (Tensor | undefined)[] {
  const { leaves, withLeaves } = leavesOf(tensors);
  const value = total(runSample(op, withLeaves, sample.attrs));
  if (value === undefined) return leaves.map(() => undefined);
  return gradients(value, leaves, { allowUnused: true });
}

function checkMemory(op: AnyOp, sample: SampleCase, backend: Backend): void {
  const before = memory();
  {
    using _ = scope();
    sampleGradients(op, sampleTensors(sample, 'float32', backend), sample);
  }
  const after = memory();
  if (after.bytes !== before.bytes || after.buffers !== before.buffers) {
    throw new Error(`${after.buffers - before.buffers} buffers and ${after.bytes - before.bytes} bytes stay in memory`);
  }
}

export interface GradientCheckOptions {
  /** A backend that does float64. */
  readonly backend: Backend;
  /** Default: those of every op of @dl/autograd. */
  readonly samples?: readonly OpSamples[];
  /** Ops to leave out, with the reason. */
  readonly exclude?: Readonly<Record<string, string>>;
}

/**
 * The checks of the ops themselves, in float64, on every sample that does not sit on a kink: each gradient formula against
 * finite differences, first and second order, and second and third derivatives where the inputs depend on one another.
 */
export function gradientChecks({ backend, samples = allSamples(), exclude = {} }: GradientCheckOptions): Check[] {
  const differentiable = samples.filter(({ op }) => op.declaration.grad !== 'nondifferentiable');
  const checks = (what: string, check: typeof checkSample): Check[] =>
    differentiable.map(({ op, cases }) => ({
      name: `${op.name} ${what}`,
      ...(exclude[op.name] !== undefined && { skip: exclude[op.name]! }),
      run: async () => {
        await useBackend(backend);
        for (const [i, sample] of cases.entries()) {
          if (sample.smooth === false) continue;
          await inCase(i, async () => {
            using _ = scope();
            check(op, sample, backend);
          });
        }
      },
    }));
  return [
    ...checks('gradient against finite differences, first and second order', checkSample),
    ...checks('second and third derivative of dependent inputs', checkDependent),
  ];
}

function checkSample(op: AnyOp, sample: SampleCase, backend: Backend): void {
  const tensors = sampleTensors(sample, 'float64', backend);
  const { leaves } = leavesOf(tensors);
  if (leaves.length === 0) return;
  const f = (...xs: Tensor[]): Tensor => {
    const outputs = Object.values(runSample(op, inputsFrom(tensors, xs), sample.attrs)).filter(
      ({ dtype }) => dtype === 'float64',
    );
    if (outputs.length === 0) return xs[0]!.mul(0).sum();
    return outputs.length === 1 ? outputs[0]! : concat(outputs.map((output) => output.reshape([output.size])));
  };
  gradCheck(f, leaves, { secondOrder: true });
}
