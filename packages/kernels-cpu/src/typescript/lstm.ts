// Long short-term memory over whole sequences.

import { lstmSequence, lstmSequenceGrad } from '@dl/autograd';
import { kernel } from './kernel.js';
import { clearBeyond, counts, PackedProduct, sigmoid, stepBefore, stepsInOrder } from './recurrent.js';

export const lstmSequenceKernel = kernel(
  lstmSequence,
  ({ gates, weight, h0, c0, peepholes, projection, y, h, c, activations, cells }, order) => {
    const [batch, time] = gates.shape as readonly [number, number, number];
    const [size, hidden] = [h0.shape[1]!, c0.shape[1]!];
    const p = peepholes?.data ?? new Float64Array(3 * hidden);
    const recurrent = PackedProduct.byRows(weight.data, weight.shape, 0, 4 * hidden);
    const project = projection && PackedProduct.byRows(projection.data, projection.shape, 0, size);
    const state = Float64Array.from(h0.data);
    const cell = Float64Array.from(c0.data);
    const sums = new Float64Array(4 * batch * hidden);
    const out = new Float64Array(batch * hidden);
    const next = project === undefined ? out : new Float64Array(batch * size);
    clearBeyond(order, y, activations, cells);
    for (const step of stepsInOrder(time, order)) {
      recurrent.of(state, sums);
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const at = row * time + step;
        for (let j = 0, s = row * hidden, z = 4 * row * hidden, x = 4 * at * hidden; j < hidden; j++, s++, z++, x++) {
          const former = cell[s]!;
          let i = gates.data[x]! + sums[z]!;
          let f = gates.data[x + hidden]! + sums[z + hidden]!;
          let o = gates.data[x + 3 * hidden]! + sums[z + 3 * hidden]!;
          if (peepholes !== undefined) {
            i += p[j]! * former;
            f += p[hidden + j]! * former;
          }
          i = sigmoid(i);
          f = sigmoid(f);
          const g = Math.tanh(gates.data[x + 2 * hidden]! + sums[z + 2 * hidden]!);
          cell[s] = f * former + i * g;
          if (peepholes !== undefined) o += p[2 * hidden + j]! * cell[s]!;
          o = sigmoid(o);
          out[s] = o * Math.tanh(cell[s]!);
          if (cells !== undefined) cells.data[at * hidden + j] = cell[s]!;
          if (activations === undefined) continue;
          activations.data[x] = i;
          activations.data[x + hidden] = f;
          activations.data[x + 2 * hidden] = g;
          activations.data[x + 3 * hidden] = o;
        }
      }
      project?.of(out, next);
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const own = next.subarray(row * size, (row + 1) * size);
        state.set(own, row * size);
        y.data.set(own, (row * time + step) * size);
      }
    }
    h.data.set(state);
    c.data.set(cell);
  },
);

export const lstmSequenceGradKernel = kernel(
  lstmSequenceGrad,
  ({ gY, gH, gC, weight, c0, peepholes, projection, activations, cells, gGates, gH0, gC0 }, order) => {
    const [batch, time, size] = gY.shape as readonly [number, number, number];
    const hidden = c0.shape[1]!;
    const p = peepholes?.data;
    const back = PackedProduct.byColumns(weight.data, weight.shape, 0, 4 * hidden);
    const unproject = projection && PackedProduct.byColumns(projection.data, projection.shape, 0, size);
    const gState = Float64Array.from(gH.data);
    const gCell = Float64Array.from(gC.data);
    const gz = new Float64Array(4 * batch * hidden);
    const gNext = new Float64Array(batch * size);
    const gOut = unproject === undefined ? gNext : new Float64Array(batch * hidden);
    const kept = activations.data;
    clearBeyond(order, gGates);
    for (const step of stepsInOrder(time, order).reverse()) {
      for (let row = 0; row < batch; row++) {
        const at = (row * time + step) * size;
        // What stands beyond the end goes no further than this.
        for (let j = 0, s = row * size; j < size; j++, s++) gNext[s] = gY.data[at + j]! + gState[s]!;
      }
      unproject?.of(gNext, gOut);
      for (let row = 0; row < batch; row++) {
        if (!counts(order, row, step)) continue;
        const at = row * time + step;
        const before = stepBefore(order, row, step, time);
        for (let j = 0, s = row * hidden, z = 4 * row * hidden, x = 4 * at * hidden; j < hidden; j++, s++, z++, x++) {
          const [i, f, g, o] = [kept[x]!, kept[x + hidden]!, kept[x + 2 * hidden]!, kept[x + 3 * hidden]!];
          const cell = Math.tanh(cells.data[at * hidden + j]!);
          const former = before === undefined ? c0.data[s]! : cells.data[(row * time + before) * hidden + j]!;
          const go = gOut[s]! * cell * o * (1 - o);
          let gc = gCell[s]! + gOut[s]! * o * (1 - cell * cell);
          if (p !== undefined) gc += go * p[2 * hidden + j]!;
          const gi = gc * g * i * (1 - i);
          const gf = gc * former * f * (1 - f);
          gCell[s] = gc * f;
          if (p !== undefined) gCell[s]! += gi * p[j]! + gf * p[hidden + j]!;
          gz[z] = gi;
          gz[z + hidden] = gf;
          gz[z + 2 * hidden] = gc * i * (1 - g * g);
          gz[z + 3 * hidden] = go;
        }
        gGates.data.set(gz.subarray(4 * row * hidden, 4 * (row + 1) * hidden), 4 * at * hidden);
      }
      back.of(gz, gNext);
      for (let row = 0; row < batch; row++) {
        if (counts(order, row, step)) gState.set(gNext.subarray(row * size, (row + 1) * size), row * size);
      }
    }
    gH0.data.set(gState);
    gC0.data.set(gCell);
  },
);
