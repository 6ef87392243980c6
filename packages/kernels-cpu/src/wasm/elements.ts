// updateElements: the steps of a formula, on blocks that stay in the first-level cache.

import { updateElements } from '@dl/autograd';
import { elementProgram } from './element-program.js';
import { pointerOf } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPiece, isFloat32 } from './pieces.js';

// What assembly/elements.ts has room for.
const MOST_TENSORS = 8;
const MOST_REGISTERS = 56;

export const updateElementsKernel: WasmKernel = wasmKernel(
  updateElements,
  (engine, { targets, operands }, { formula }) => {
    const tensors = formula.targets + formula.operands;
    if (tensors > MOST_TENSORS || !targets.every(isFloat32)) return false;
    const { numbers, steps, values, constants } = elementProgram(formula);
    if (tensors + values + constants > MOST_REGISTERS) return false;
    const program = engine.writeScratch('program', numbers);
    const bytes = engine.run.elementRoom(values);
    const room = engine.scratch('elements', engine.threads * bytes);
    const count = targets.length / formula.targets;
    const all = [...targets, ...operands];
    forEachPiece(engine, targets.slice(0, count), 32, (run, k, offset, n, part) => {
      const at = (t: number): number => (t < tensors ? pointerOf(all[t * count + k]!) + offset : 0);
      const mine = room + part * bytes;
      run.updateElements(
        ...([n, tensors, formula.targets, values, constants, program, steps, mine] as const),
        ...[at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)],
      );
    });
    return true;
  },
);
