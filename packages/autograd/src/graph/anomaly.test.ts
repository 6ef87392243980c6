// Anomaly mode: the first NaN or infinity is named with the op, its shapes and the line that called it.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  detectAnomaly,
  div,
  GradientError,
  hardSwish,
  log,
  maskedFill,
  memory,
  scope,
  softmax,
  sqrt,
  std,
  sub,
  type Tensor,
  tensor,
  useBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

/** The message of what `body` throws in anomaly mode. */
function anomaly(body: () => unknown): string {
  try {
    detectAnomaly(body);
  } catch (error) {
    expect(error).toBeInstanceOf(GradientError);
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

/** The number of the line that holds a marker in this file, to check the line that a message names. */
function lineOf(error: Error): string {
  return /anomaly\.test\.ts:(\d+)/.exec(error.stack!.split('\n')[1]!)![1]!;
}

describe('forward', () => {
  test('names op, value, index, shapes and the calling line', () => {
    const x = tensor([
      [1, 2, 0],
      [4, 5, 6],
    ]);
    let line = '';
    const message = anomaly(() => {
      line = lineOf(new Error());
      return log(x);
    });
    expect(message).toMatch(/^log made -Infinity at index 2 from finite inputs \(x \[2, 3\]\), at /);
    expect(message).toContain(`anomaly.test.ts:${Number(line) + 1}:`);
  });

  test('names every input by name', () => {
    expect(anomaly(() => div(tensor([1, 2]), tensor([[1], [0]])))).toMatch(
      /^div made Infinity at index 2 from finite inputs \(a \[2\], b \[2, 1\]\), at .*anomaly\.test\.ts/,
    );
  });

  test('points at the user inside ops that are made of ops, too', () => {
    expect(anomaly(() => std(tensor([3])))).toMatch(/^\w+ made NaN at index 0 .*, at .*anomaly\.test\.ts/);
    expect(anomaly(() => tensor([2e38]).reshape([1, 1]).norm(1).square())).toMatch(
      /^(norm|square) made Infinity .*, at .*anomaly\.test\.ts/,
    );
    const huge = tensor([3e38], { requiresGrad: true });
    expect(anomaly(() => hardSwish(huge.mul(1)).mul(2))).toMatch(/^mul made Infinity .*, at .*anomaly\.test\.ts/);
  });

  test('lets pass what was infinite before: masks are legitimate', () => {
    const scores = maskedFill(tensor([1, 2, 3]), tensor([false, true, false]), -Infinity);
    expect(detectAnomaly(() => softmax(scores)).dataSync()[1]).toBe(0);
  });

  test('checks nothing outside, and is over after errors and async bodies', async () => {
    expect(log(tensor([0])).item()).toBe(-Infinity);
    anomaly(() => log(tensor([0])));
    expect(log(tensor([0])).item()).toBe(-Infinity);
    await detectAnomaly(async () => {
      await Promise.resolve();
      expect(() => log(tensor([0]))).toThrow(GradientError);
    });
    expect(log(tensor([0])).item()).toBe(-Infinity);
    await expect(
      detectAnomaly(async () => {
        await Promise.resolve();
        return log(tensor([0]));
      }),
    ).rejects.toThrow('log made -Infinity');
    expect(log(tensor([0])).item()).toBe(-Infinity);
  });

  test('leaves nothing in memory when it throws', () => {
    const before = memory();
    {
      using _ = scope();
      anomaly(() => log(tensor([0, 1])));
    }
    expect(memory().bytes).toBe(before.bytes);
  });
});

describe('backward', () => {
  test('names the op of the gradient, and the forward call with its line', () => {
    const x = tensor([4, 0], { requiresGrad: true });
    let line = '';
    const message = anomaly(() => {
      line = lineOf(new Error());
      const y = sqrt(x);
      y.sum().backward();
    });
    expect(message).toMatch(
      /^div made Infinity at index 1 from finite inputs \(a \[\]?.*\), in the gradient of sqrt called at /,
    );
    expect(message).toContain(`anomaly.test.ts:${Number(line) + 1}:`);
  });

  test('needs the forward pass in anomaly mode to name its line; otherwise it names the op', () => {
    const y = sqrt(tensor([0], { requiresGrad: true })).sum();
    expect(anomaly(() => y.backward())).toMatch(/^div made Infinity at index 0 from finite inputs/);
  });

  test('works through second derivatives', () => {
    const x = tensor([0], { requiresGrad: true });
    const loss = (): Tensor => sub(x.pow(1.5).sum(), 1);
    // The first derivative of x^1.5 is 0 at 0, the second infinite.
    const message = anomaly(() => {
      loss().backward({ createGraph: true });
      x.grad!.sum().backward();
    });
    expect(message).toMatch(/^pow made Infinity .* in the gradient of pow called at /);
  });
});
