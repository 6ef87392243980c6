// Long short-term memory over whole sequences.

import { lstmSequence, lstmSequenceGrad } from '@dl/autograd';
import { wasmKernel } from './kernel.js';
import { beginWith, overSequences, rowAt } from './recurrent.js';

export const lstmSequenceKernel = wasmKernel(
  lstmSequence,
  (engine, { gates, weight, h0, c0, peepholes, projection, y, h, c, activations, cells }, { lengths, reverse }) => {
    if (gates.dtype !== 'float32' || gates.size === 0) return false;
    const [batch, time, size] = y.shape as readonly [number, number, number];
    const hidden = c0.shape[1]!;
    beginWith(engine, h, h0);
    beginWith(engine, c, c0);
    overSequences(engine, {
      ...{ batch, time, lengths, perStep: 4 * hidden * size },
      matrices: [
        { of: weight, turned: true },
        { of: projection, turned: true },
      ],
      bytesOf: (rows) => engine.wasm.lstmBytes(rows, hidden, size),
      body: (wasm, first, rows, [packed, projector], ends, scratch) => {
        wasm.lstmForward(
          ...([rows, time, hidden, size, rowAt(gates, first), packed!, rowAt(h, first), rowAt(c, first)] as const),
          ...([rowAt(y, first), rowAt(activations, first), rowAt(cells, first), rowAt(peepholes, 0)] as const),
          ...([projector!, ends, Number(reverse), scratch] as const),
        );
      },
    });
    return true;
  },
);

export const lstmSequenceGradKernel = wasmKernel(
  lstmSequenceGrad,
  (
    engine,
    { gY, gH, gC, weight, c0, peepholes, projection, activations, cells, gGates, gH0, gC0 },
    { lengths, reverse },
  ) => {
    if (gY.dtype !== 'float32' || gGates.size === 0) return false;
    const [batch, time, size] = gY.shape as readonly [number, number, number];
    const hidden = c0.shape[1]!;
    beginWith(engine, gH0, gH);
    beginWith(engine, gC0, gC);
    overSequences(engine, {
      ...{ batch, time, lengths, perStep: 4 * hidden * size },
      matrices: [
        { of: weight, turned: false },
        { of: projection, turned: false },
      ],
      bytesOf: (rows) => engine.wasm.lstmBytes(rows, hidden, size),
      body: (wasm, first, rows, [packed, projector], ends, scratch) => {
        wasm.lstmBackward(
          ...([rows, time, hidden, size, rowAt(gY, first), rowAt(gH0, first), rowAt(gC0, first), packed!] as const),
          ...([rowAt(c0, first), rowAt(activations, first), rowAt(cells, first), rowAt(peepholes, 0)] as const),
          ...([projector!, ends, Number(reverse), rowAt(gGates, first), scratch] as const),
        );
      },
    });
    return true;
  },
);
