// What the ops over whole sequences share: which steps of which rows count, in which order, and what stood before each.

import { shown } from '../arguments/shown.js';
import type { Spec } from '../dispatch/define-op.js';
import { ShapeError } from '../errors.js';
import { internalScope } from '../memory/scope.js';
import { filledTensor, tensorFrom } from '../tensor/allocate.js';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { needFloat, needRank, needSameDType, needTensor } from './checks.js';
import { concat, stack } from './join.js';
import { matmul } from './matmul.js';
import { reshape, unsqueeze } from './reshape.js';
import type { Order } from './sequence-options.js';
import { slice } from './slice.js';
import { unbind } from './split.js';
import { where } from './where.js';

export interface Sizes {
  readonly batch: number;
  readonly time: number;
  readonly hidden: number;
}

/** Checks what all of them take: gates [batch, time, count · hidden], a weight [count · hidden, size] for them, and lengths. */
export function checkSequence(op: string, gates: Spec, weight: Spec, count: number, { lengths }: Order): Sizes {
  needFloat(op, 'gates', gates);
  needSameDType(op, 'gates', gates, 'weight', weight);
  const wide = count === 1 ? 'hidden' : `${count} · hidden`;
  needRank(op, 'gates', gates, 3, `[batch, time, ${wide}], a whole sequence; one step is [batch, 1, ${wide}]`);
  needRank(op, 'weight', weight, 2, `[${wide}, size of the state]`);
  const [batch, time, all] = gates.shape as readonly [number, number, number];
  if (weight.shape[0] !== all || all % count !== 0) {
    throw new ShapeError(
      `${op}: gates is ${formatShape(gates.shape)} and weight ${formatShape(weight.shape)}; needs [batch, time, ${wide}] and [${wide}, size of the state]`,
    );
  }
  if (time === 0) throw new ShapeError(`${op}: gates is ${formatShape(gates.shape)}, needs at least one step`);
  if (lengths !== undefined) checkLengths(op, lengths, batch, time);
  return { batch, time, hidden: all / count };
}

export function checkLengths(op: string, lengths: readonly number[], batch: number, time: number): void {
  if (lengths.length !== batch) {
    throw new ShapeError(`${op}: got ${lengths.length} lengths for a batch of ${batch}; needs one for each sequence`);
  }
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 1 || length > time) {
      throw new ShapeError(
        `${op}: a length is ${shown(length)}, needs a whole number from 1 to ${time}, the steps that there are`,
      );
    }
  }
}

/** Throws unless a tensor that may be absent has the dtype of the gates and this shape. */
export function needPart(op: string, name: string, part: Spec | undefined, gates: Spec, shape: Shape): void {
  if (part === undefined) return;
  needSameDType(op, 'gates', gates, name, part);
  if (!sameShape(part.shape, shape)) {
    throw new ShapeError(`${op}: ${name} is ${formatShape(part.shape)}, needs ${formatShape(shape)}`);
  }
}

/** Calls an op with states, zeros where one is not given: [batch, size] for each size. */
export function withStates<T>(
  op: string,
  { gates, weight }: { readonly gates: Tensor; readonly weight: Tensor },
  states: () => readonly (readonly [state: Tensor | undefined, size: number])[],
  run: (states: Tensor[]) => T,
): T {
  needTensor(op, 'gates', gates);
  needTensor(op, 'weight', weight);
  const scope = internalScope();
  let result: T | undefined;
  try {
    const { dtype, backend, shape } = gates;
    // Where these make no sense, the op says what is wrong.
    const whole = (size: number): number => Math.floor(size) || 0;
    const make = (size: number): Tensor => filledTensor(backend, 0, [whole(shape[0]!), whole(size)], dtype, op);
    result = run(states().map(([state, size]) => state ?? make(size)));
    return result;
  } finally {
    scope.endWith(Object.values(result ?? {}));
  }
}

/** One step of a decomposition: where it stands, and which rows count there: [batch, 1], undefined where all do. */
export interface Step {
  readonly at: number;
  readonly active: Tensor | undefined;
}

/** The steps in the order in which they are computed. */
export function stepsOf({ shape, backend }: Tensor, { lengths, reverse }: Order): Step[] {
  const steps = Array.from({ length: shape[1]! }, (_, at): Step => {
    const isWhole = lengths?.every((length) => at < length) ?? true;
    return {
      at,
      active: isWhole
        ? undefined
        : tensorFrom(
            backend,
            Uint8Array.from(lengths!, (length) => Number(at < length)),
            [lengths!.length, 1],
            'bool',
            'lengths',
          ),
    };
  });
  return reverse ? steps.reverse() : steps;
}

/** `value` in the rows that count, `otherwise` in the others. */
export function inActive({ active }: Step, value: Tensor, otherwise: Tensor | number): Tensor {
  return active === undefined ? value : where(active, value, otherwise);
}

/**
 * Goes through the steps with what x has at each; what `body` gives out is stacked as [batch, time, …]. Rows that do not count go in as 0 and come out
 * as 0: then what stands there, NaN even, reaches nothing, neither on the way back.
 */
export function along(x: Tensor, steps: readonly Step[], body: (x: Tensor, step: Step) => Tensor): Tensor {
  const parts = unbind(x, 1);
  const given: Tensor[] = new Array(steps.length);
  for (const step of steps) given[step.at] = inActive(step, body(inActive(step, parts[step.at]!, 0), step), 0);
  return stack(given, 1);
}

/** [batch, time, features] → [batch · time, features] */
export function rowsOf(x: Tensor): Tensor {
  return reshape(x, [sizeOf(x.shape.slice(0, 2)), x.shape[2]!]);
}

/** gᵀ x over all steps: the gradient of a weight, as one product. */
export function weightGradient(g: Tensor, x: Tensor): Tensor {
  return matmul(rowsOf(g), rowsOf(x), { transposeA: true });
}

/** The state before each step, [batch, time, size]: of states x after each step, which begin with x0. 0 where no step counts. */
export function before(x: Tensor, x0: Tensor, { lengths, reverse }: Order): Tensor {
  return reverse ? later(x, x0, lengths) : withinLengths(earlier(x, x0), lengths);
}

/** The other way round: what comes after each step, and `end` after the last one that counts. */
export function after(x: Tensor, end: Tensor, { lengths, reverse }: Order): Tensor {
  return reverse ? withinLengths(earlier(x, end), lengths) : later(x, end, lengths);
}

function earlier(x: Tensor, first: Tensor): Tensor {
  return concat([unsqueeze(first, 1), slice(x, [null, [0, -1]])], 1);
}

function later(x: Tensor, last: Tensor, lengths: Order['lengths']): Tensor {
  const end = unsqueeze(last, 1);
  const moved = concat([slice(x, [null, [1, null]]), end], 1);
  if (lengths === undefined) return moved;
  return withinLengths(
    where(
      markSteps(x, lengths, (at, length) => at === length - 1),
      end,
      moved,
    ),
    lengths,
  );
}

/** x where a step counts, and 0 elsewhere: selected, since 0 times what may stand there can be NaN. */
export function withinLengths(x: Tensor, lengths: Order['lengths']): Tensor {
  return lengths === undefined
    ? x
    : where(
        markSteps(x, lengths, (at, length) => at < length),
        x,
        0,
      );
}

/** [batch, time, 1]: whether something is true of a step. */
function markSteps(
  { shape, backend }: Tensor,
  lengths: readonly number[],
  isTrue: (at: number, length: number) => boolean,
): Tensor {
  const [batch, time] = shape as readonly [number, number];
  const values = new Uint8Array(batch * time);
  for (const [row, length] of lengths.entries()) {
    for (let at = 0; at < time; at++) values[row * time + at] = Number(isTrue(at, length));
  }
  return tensorFrom(backend, values, [batch, time, 1], 'bool', 'lengths');
}
