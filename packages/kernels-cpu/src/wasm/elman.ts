// Elman's recurrent network over whole sequences.

import { elmanSequence, elmanSequenceGrad } from '@dl/autograd';
import { wasmKernel } from './kernel.js';
import { beginWith, overSequences, rowAt } from './recurrent.js';

export const elmanSequenceKernel = wasmKernel(
  elmanSequence,
  (engine, { gates, weight, h0, y, h }, { nonlinearity, lengths, reverse }) => {
    if (gates.dtype !== 'float32' || gates.size === 0) return false;
    const [batch, time, hidden] = gates.shape as readonly [number, number, number];
    beginWith(engine, h, h0);
    overSequences(engine, {
      ...{ batch, time, lengths, perStep: hidden * hidden },
      matrices: [{ of: weight, turned: true }],
      bytesOf: (rows) => engine.wasm.elmanBytes(rows, hidden),
      body: (wasm, first, rows, [packed], ends, scratch) => {
        wasm.elmanForward(
          ...([rows, time, hidden, rowAt(gates, first), packed!, rowAt(h, first), rowAt(y, first)] as const),
          ...([Number(nonlinearity === 'relu'), ends, Number(reverse), scratch] as const),
        );
      },
    });
    return true;
  },
);

export const elmanSequenceGradKernel = wasmKernel(
  elmanSequenceGrad,
  (engine, { gY, gH, weight, y, gGates, gH0 }, { nonlinearity, lengths, reverse }) => {
    if (y.dtype !== 'float32' || y.size === 0) return false;
    const [batch, time, hidden] = y.shape as readonly [number, number, number];
    beginWith(engine, gH0, gH);
    overSequences(engine, {
      ...{ batch, time, lengths, perStep: hidden * hidden },
      matrices: [{ of: weight, turned: false }],
      bytesOf: (rows) => engine.wasm.elmanBytes(rows, hidden),
      body: (wasm, first, rows, [packed], ends, scratch) => {
        wasm.elmanBackward(
          ...([rows, time, hidden, rowAt(gY, first), rowAt(gH0, first), packed!, rowAt(y, first)] as const),
          ...([Number(nonlinearity === 'relu'), ends, Number(reverse), rowAt(gGates, first), scratch] as const),
        );
      },
    });
    return true;
  },
);
