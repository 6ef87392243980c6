// updateElements: the steps of a formula, on blocks that stay in the first-level cache.

import { type ElementFormula, type ElementStep, updateElements } from '@dl/autograd';
import { type ElementProgram, elementProgram } from './element-program.js';
import { pointerOf } from './engine.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { forEachPiece, isFloat32 } from './pieces.js';

// What assembly/elements.ts has room for.
const MOST_TENSORS = 8;
const MOST_REGISTERS = 56;

/** How many programs are kept: an optimiser comes with the same formula in each step, but for its constants. */
const MOST_PROGRAMS = 16;
const programs: { readonly formula: ElementFormula; readonly program: ElementProgram }[] = [];

export const updateElementsKernel: WasmKernel = wasmKernel(
  updateElements,
  (engine, { targets, operands }, { formula }) => {
    const tensors = formula.targets + formula.operands;
    if (tensors > MOST_TENSORS || !targets.every(isFloat32)) return false;
    const { constants, code, steps, values } = programOf(formula);
    if (tensors + values + constants.length > MOST_REGISTERS) return false;
    const numbers: number[] = [];
    for (const { step, isNegated } of constants) {
      const value = (isNegated ? -1 : 1) * (formula.steps[step] as number);
      numbers.push(value, value, value, value);
    }
    for (const each of code) numbers.push(each);
    const program = engine.writeScratch('program', numbers);
    const bytes = engine.wasm.elementRoom(values);
    const room = engine.scratch('elements', engine.threads * bytes);
    const count = targets.length / formula.targets;
    const all = [...targets, ...operands];
    const pointers = all.map(pointerOf);
    forEachPiece(engine, targets.slice(0, count), 32, (wasm, k, offset, n, task) => {
      const at = (t: number): number => (t < tensors ? pointers[t * count + k]! + offset : 0);
      wasm.updateElements(
        n,
        tensors,
        formula.targets,
        values,
        constants.length,
        program,
        steps,
        room + task * bytes,
        at(0),
        at(1),
        at(2),
        at(3),
        at(4),
        at(5),
        at(6),
        at(7),
      );
    });
    return true;
  },
);

function programOf(formula: ElementFormula): ElementProgram {
  const known = programs.find((each) => isAlike(each.formula, formula));
  if (known !== undefined) return known.program;
  const program = elementProgram(formula);
  if (programs.length >= MOST_PROGRAMS) programs.shift();
  programs.push({ formula, program });
  return program;
}

/** Whether formulas differ in constants alone. */
function isAlike(a: ElementFormula, b: ElementFormula): boolean {
  return (
    a.targets === b.targets &&
    a.operands === b.operands &&
    a.steps.length === b.steps.length &&
    a.results.every((value, i) => value === b.results[i]) &&
    a.steps.every((step, i) => isSameStep(step, b.steps[i]!))
  );
}

function isSameStep(a: ElementStep, b: ElementStep): boolean {
  if (typeof a === 'number' || typeof b === 'number') return typeof a === typeof b;
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
