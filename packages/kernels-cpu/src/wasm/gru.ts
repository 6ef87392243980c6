// The gated recurrent unit over whole sequences.

import { gruSequence, gruSequenceGrad, type KernelTensor } from '@dl/autograd';
import { wasmKernel } from './kernel.js';
import { beginWith, type Matrix, overSequences, rowAt } from './recurrent.js';

/** All of the weight; or with the reset before the product, the part of r and z, and that of n. */
function matricesOf(of: KernelTensor, reset: 'after' | 'before', turned: boolean): readonly Matrix[] {
  if (reset === 'after') return [{ of, turned }];
  const rows = 2 * of.shape[1]!;
  return [
    { of, rows, turned },
    { of, first: rows, turned },
  ];
}

export const gruSequenceKernel = wasmKernel(
  gruSequence,
  (engine, { gates, weight, bias, h0, y, h, activations }, { reset, update, lengths, reverse }) => {
    if (gates.dtype !== 'float32' || gates.size === 0) return false;
    const [batch, time, hidden] = y.shape as readonly [number, number, number];
    beginWith(engine, h, h0);
    overSequences(engine, {
      ...{ batch, time, lengths, perStep: 3 * hidden * hidden },
      matrices: matricesOf(weight, reset, true),
      bytesOf: (rows) => engine.wasm.gruBytes(rows, hidden),
      body: (wasm, first, rows, [packed, candidate = 0], ends, scratch) => {
        wasm.gruForward(
          ...([rows, time, hidden, rowAt(gates, first), packed!, candidate, rowAt(bias, 0), rowAt(h, first)] as const),
          ...([rowAt(y, first), rowAt(activations, first), Number(update === 'take'), ends] as const),
          ...([Number(reverse), scratch] as const),
        );
      },
    });
    return true;
  },
);

export const gruSequenceGradKernel = wasmKernel(
  gruSequenceGrad,
  (engine, { gY, gH, weight, h0, y, activations, gGates, gRecurrent, gH0 }, { reset, update, lengths, reverse }) => {
    if (y.dtype !== 'float32' || y.size === 0) return false;
    const [batch, time, hidden] = y.shape as readonly [number, number, number];
    beginWith(engine, gH0, gH);
    overSequences(engine, {
      ...{ batch, time, lengths, perStep: 3 * hidden * hidden },
      matrices: matricesOf(weight, reset, false),
      bytesOf: (rows) => engine.wasm.gruBytes(rows, hidden),
      body: (wasm, first, rows, [packed, candidate = 0], ends, scratch) => {
        wasm.gruBackward(
          ...([rows, time, hidden, rowAt(gY, first), rowAt(gH0, first), packed!, candidate, rowAt(h0, first)] as const),
          ...([rowAt(y, first), rowAt(activations, first), Number(update === 'take'), ends, Number(reverse)] as const),
          ...([rowAt(gGates, first), rowAt(gRecurrent, first), scratch] as const),
        );
      },
    });
    return true;
  },
);
