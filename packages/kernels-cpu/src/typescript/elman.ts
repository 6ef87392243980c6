// Elman's recurrent network over whole sequences.

import { elmanSequence, elmanSequenceGrad } from '@dl/autograd';
import { kernel } from './kernel.js';
import { clearBeyond, counts, PackedProduct, stepsInOrder } from './recurrent.js';

export const elmanSequenceKernel = kernel(elmanSequence, ({ gates, weight, h0, y, h }, { nonlinearity, ...order }) => {
  const [batch, time, hidden] = gates.shape as readonly [number, number, number];
  const recurrent = PackedProduct.byRows(weight.data, weight.shape, 0, hidden);
  const state = Float64Array.from(h0.data);
  const sums = new Float64Array(batch * hidden);
  clearBeyond(order, y);
  for (const step of stepsInOrder(time, order)) {
    recurrent.of(state, sums);
    for (let row = 0; row < batch; row++) {
      if (!counts(order, row, step)) continue;
      const at = (row * time + step) * hidden;
      for (let j = 0, s = row * hidden; j < hidden; j++, s++) {
        const z = gates.data[at + j]! + sums[s]!;
        state[s] = nonlinearity === 'tanh' ? Math.tanh(z) : Math.max(z, 0);
        y.data[at + j] = state[s]!;
      }
    }
  }
  h.data.set(state);
});

export const elmanSequenceGradKernel = kernel(
  elmanSequenceGrad,
  ({ gY, gH, weight, y, gGates, gH0 }, { nonlinearity, ...order }) => {
    const [batch, time, hidden] = y.shape as readonly [number, number, number];
    const back = PackedProduct.byColumns(weight.data, weight.shape, 0, hidden);
    const gState = Float64Array.from(gH.data);
    const gz = new Float64Array(batch * hidden);
    const gNext = new Float64Array(batch * hidden);
    clearBeyond(order, gGates);
    for (const step of stepsInOrder(time, order).reverse()) {
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const at = (row * time + step) * hidden;
        for (let j = 0, s = row * hidden; j < hidden; j++, s++) {
          const g = gY.data[at + j]! + gState[s]!;
          const result = y.data[at + j]!;
          gz[s] = nonlinearity === 'tanh' ? g * (1 - result * result) : result <= 0 ? 0 : g;
          gGates.data[at + j] = gz[s]!;
        }
      }
      back.of(gz, gNext);
      for (let row = 0; row < batch; row++) {
        if (counts(order, row, step)) gState.set(gNext.subarray(row * hidden, (row + 1) * hidden), row * hidden);
      }
    }
    gH0.data.set(gState);
  },
);
