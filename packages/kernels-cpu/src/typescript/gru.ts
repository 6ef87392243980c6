// The gated recurrent unit over whole sequences.

import { gruSequence, gruSequenceGrad } from '@dl/autograd';
import { kernel } from './kernel.js';
import { clearBeyond, counts, PackedProduct, sigmoid, stepBefore, stepsInOrder } from './recurrent.js';

export const gruSequenceKernel = kernel(
  gruSequence,
  ({ gates, weight, bias, h0, y, h, activations }, { reset, update, ...order }) => {
    const [batch, time] = gates.shape as readonly [number, number, number];
    const hidden = h0.shape[1]!;
    const isAfter = reset === 'after';
    const per = isAfter ? 4 : 3;
    const b = bias?.data ?? new Float64Array(3 * hidden);
    const outer = PackedProduct.byRows(weight.data, weight.shape, 0, 2 * hidden);
    const inner = PackedProduct.byRows(weight.data, weight.shape, 2 * hidden, hidden);
    const state = Float64Array.from(h0.data);
    const sums = new Float64Array(2 * batch * hidden);
    const resets = new Float64Array(batch * hidden);
    const updates = new Float64Array(batch * hidden);
    // What the product of the candidate is of: the state, or what the reset leaves of it.
    const left = isAfter ? state : new Float64Array(batch * hidden);
    const product = new Float64Array(batch * hidden);
    clearBeyond(order, y, activations);
    for (const step of stepsInOrder(time, order)) {
      outer.of(state, sums);
      for (let row = 0; row < batch; row++) {
        for (
          let j = 0, s = row * hidden, z = 2 * s, x = 3 * (row * time + step) * hidden;
          j < hidden;
          j++, s++, z++, x++
        ) {
          resets[s] = sigmoid(gates.data[x]! + sums[z]! + b[j]!);
          updates[s] = sigmoid(gates.data[x + hidden]! + sums[z + hidden]! + b[hidden + j]!);
          if (!isAfter) left[s] = resets[s]! * state[s]!;
        }
      }
      inner.of(left, product);
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const at = row * time + step;
        for (let j = 0, s = row * hidden; j < hidden; j++, s++) {
          const [r, z, former] = [resets[s]!, updates[s]!, state[s]!];
          const u = product[s]! + b[2 * hidden + j]!;
          const n = Math.tanh(gates.data[(3 * at + 2) * hidden + j]! + (isAfter ? r * u : u));
          state[s] = update === 'keep' ? n + z * (former - n) : former + z * (n - former);
          y.data[at * hidden + j] = state[s]!;
          if (activations === undefined) continue;
          const k = per * at * hidden + j;
          activations.data[k] = r;
          activations.data[k + hidden] = z;
          activations.data[k + 2 * hidden] = n;
          if (isAfter) activations.data[k + 3 * hidden] = u;
        }
      }
    }
    h.data.set(state);
  },
);

export const gruSequenceGradKernel = kernel(
  gruSequenceGrad,
  ({ gY, gH, weight, h0, y, activations, gGates, gRecurrent, gH0 }, { reset, update, ...order }) => {
    const [batch, time, hidden] = y.shape as readonly [number, number, number];
    const isAfter = reset === 'after';
    const per = isAfter ? 4 : 3;
    const kept = activations.data;
    const outer = PackedProduct.byColumns(weight.data, weight.shape, 0, 2 * hidden);
    const inner = PackedProduct.byColumns(weight.data, weight.shape, 2 * hidden, hidden);
    const gState = Float64Array.from(gH.data);
    const gOuter = new Float64Array(2 * batch * hidden);
    const gInner = new Float64Array(batch * hidden);
    const byCandidate = new Float64Array(batch * hidden);
    const gFormer = new Float64Array(batch * hidden);
    clearBeyond(order, gGates, gRecurrent);
    for (const step of stepsInOrder(time, order).reverse()) {
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const at = row * time + step;
        const before = stepBefore(order, row, step, time);
        for (let j = 0, s = row * hidden; j < hidden; j++, s++) {
          const k = per * at * hidden + j;
          const [r, z, n] = [kept[k]!, kept[k + hidden]!, kept[k + 2 * hidden]!];
          const former = before === undefined ? h0.data[s]! : y.data[(row * time + before) * hidden + j]!;
          const g = gY.data[at * hidden + j]! + gState[s]!;
          const gn = g * (update === 'keep' ? 1 - z : z) * (1 - n * n);
          gFormer[s] = g * (update === 'keep' ? z : 1 - z);
          gInner[s] = isAfter ? gn * r : gn;
          const gz = g * (update === 'keep' ? former - n : n - former) * z * (1 - z);
          gOuter[2 * row * hidden + hidden + j] = gz;
          const x = 3 * at * hidden + j;
          gGates.data[x + hidden] = gz;
          gGates.data[x + 2 * hidden] = gn;
          gRecurrent.data[x + hidden] = gz;
          gRecurrent.data[x + 2 * hidden] = gInner[s]!;
        }
      }
      inner.of(gInner, byCandidate);
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const at = row * time + step;
        const before = stepBefore(order, row, step, time);
        for (let j = 0, s = row * hidden; j < hidden; j++, s++) {
          const k = per * at * hidden + j;
          const r = kept[k]!;
          const former = before === undefined ? h0.data[s]! : y.data[(row * time + before) * hidden + j]!;
          // What r multiplied, and the gradient of that product.
          const gr =
            (isAfter ? gGates.data[(3 * at + 2) * hidden + j]! * kept[k + 3 * hidden]! : byCandidate[s]! * former) *
            r *
            (1 - r);
          gFormer[s]! += isAfter ? byCandidate[s]! : byCandidate[s]! * r;
          gOuter[2 * row * hidden + j] = gr;
          gGates.data[3 * at * hidden + j] = gr;
          gRecurrent.data[3 * at * hidden + j] = gr;
        }
      }
      outer.add(gOuter, gFormer);
      for (let row = 0; row < batch; row++) {
        if (counts(order, row, step)) gState.set(gFormer.subarray(row * hidden, (row + 1) * hidden), row * hidden);
      }
    }
    gH0.data.set(gState);
  },
);
