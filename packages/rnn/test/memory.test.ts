// Memory of recurrent training: flat over many steps, and linear in the number of steps of a sequence.

import { memory, randn, resetPeakMemory, scope, type Tensor, useBackend } from '@dl/autograd';
import { addingTask, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Module, mseLoss } from '@dl/layers';
import { Adam } from '@dl/optim';
import { GRU, LSTM, RNN } from '@dl/rnn';
import { fit as train } from '@dl/train';
import { beforeAll, describe, expect, test } from 'vitest';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

class Adder extends Module {
  readonly network = new LSTM(2, 4, { numLayers: 2, bidirectional: true, dropout: 0.1, peepholes: true });
  readonly out = new Linear(4, 1);

  forward(x: Tensor): Tensor {
    const { state } = this.network.forward(x, { lengths: Array.from({ length: x.shape[0]! }, (_, i) => 6 - (i % 3)) });
    return this.out.forward(state.h.slice([-1]));
  }
}

test('500 steps with fit leave memory as it was after the first ones', async () => {
  const model = new Adder();
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const seen: { bytes: number; buffers: number }[] = [];
  const run = train(model, loader(addingTask(80, 6), { batchSize: 4, shuffle: true }), {
    optimizer,
    epochs: 25,
    forward: ({ inputs }: { inputs: Tensor }) => model.forward(inputs),
    loss: (output: Tensor, { targets }: { targets: Tensor }) => mseLoss(output, targets),
  });
  let steps = 0;
  for await (const event of run) {
    if (event.type === 'step') steps++;
    if (event.type !== 'epoch') continue;
    const { bytes, buffers } = memory();
    seen.push({ bytes, buffers });
  }
  expect(steps).toBe(500);
  for (const each of seen) expect(each).toEqual(seen[0]);
});

describe('a training step over sequences of T steps', () => {
  const [batch, input, hidden] = [4, 8, 16];
  // Numbers for each unit at each step. Kept is the output, and besides what a comment says; on the way back come the gradients of the gates and of the
  // output, and the states before each step, which are made of two.
  const networks = {
    RNN: { make: () => new RNN(input, hidden), most: 1 + (1 + 1 + 2) },
    // What goes into the gates, for second derivatives; the gates and what r multiplies. The recurrent product has a gradient of its own.
    GRU: { make: () => new GRU(input, hidden), most: 1 + 3 + 4 + (3 + 3 + 1 + 2) },
    // What goes into the gates; the gates and the cells.
    LSTM: { make: () => new LSTM(input, hidden), most: 1 + 4 + 5 + (4 + 1 + 2) },
  };

  test.each(Object.entries(networks))('%s: bytes are linear in T, and few for each step', (_name, { make, most }) => {
    const network = make();
    const peakOf = (time: number): number => {
      const x = randn([batch, time, input]);
      const before = memory().bytes;
      resetPeakMemory();
      scope(() => network.forward(x).output.mean().backward());
      const peak = memory().peakBytes - before;
      network.zeroGrad();
      x.dispose();
      return peak;
    };
    peakOf(8);
    const peaks = [32, 64, 128].map(peakOf) as [number, number, number];
    const [first, second] = [peaks[1] - peaks[0], peaks[2] - peaks[1]];
    expect(second / first).toBeGreaterThan(1.98);
    expect(second / first).toBeLessThan(2.02);
    expect(first / (32 * batch * hidden * 4)).toBeLessThanOrEqual(most);
  });
});
