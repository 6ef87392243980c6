// Every op as it is called, for drawing graphs, counting work, and writing models down.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { during, inContext } from '../context/context.js';
import type { AnyOp } from '../dispatch/define-op.js';
import { ArgumentError } from '../errors.js';
import type { Storage } from '../memory/storage.js';
import type { DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';

/** A value that goes in or out of an op. */
export interface TracedValue {
  /**
   * Counts from 0 in a trace. Where one comes back it is the same value: the output of an earlier call, a parameter that was used before, also
   * through another handle (`detach`). What was changed in place is another value.
   */
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The tensor itself, as it is during the call: to read its values, or to find the name of a parameter. */
  readonly tensor: Tensor;
}

/** Values by the names that the op gives them: one under most, several where it takes a list, none for an input that is left out. */
export type TracedValues = Readonly<Record<string, readonly TracedValue[]>>;

/** One call of an op. */
export interface OpCall {
  /** The op, by which to tell it apart: `call.op === conv2d`. */
  readonly op: AnyOp;
  readonly inputs: TracedValues;
  /** All attributes, those of the defaults included. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What it made, and what it changed in place, by the name of the input: a new value of the same tensor. */
  readonly outputs: TracedValues;
}

type Inputs = Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>;

interface Known {
  readonly id: number;
  readonly version: number;
}

/** What a storage holds, for each shape and dtype in which it was seen. */
interface Held extends Known {
  readonly shape: Shape;
  readonly dtype: DType;
}

export class Tracer {
  readonly #tell: (call: OpCall) => void;
  readonly #outer: Tracer | undefined;
  #next = 0;
  readonly #ofTensors = new WeakMap<Tensor, Known>();
  /** Handles that no op has made, such as those of `detach`, are known by their storage. */
  readonly #ofStorages = new WeakMap<Storage, Held[]>();

  constructor(tell: (call: OpCall) => void, outer: Tracer | undefined) {
    this.#tell = tell;
    this.#outer = outer;
  }

  /** Runs an op, and hands it on. */
  call<T>(op: AnyOp, inputs: Inputs, attributes: object, run: () => T): T {
    // Before the op runs, since it may change them.
    const before = this.#before(inputs);
    const result = run();
    this.#after(op, before, inputs, attributes, outputsOf(op, inputs, result));
    return result;
  }

  #before(inputs: Inputs): TracedValues[] {
    const own = mapped(inputs, (tensor) => this.#find(tensor) ?? this.#add(tensor));
    const outer = this.#outer;
    return outer === undefined ? [own] : [own, ...outer.#before(inputs)];
  }

  #after(op: AnyOp, [own, ...others]: TracedValues[], inputs: Inputs, attributes: object, outputs: Inputs): void {
    const made = mapped(outputs, (tensor) => this.#add(tensor));
    this.#tell({ op, inputs: own!, attributes: attributes as OpCall['attributes'], outputs: made });
    if (this.#outer !== undefined) this.#outer.#after(op, others, inputs, attributes, outputs);
  }

  #find(tensor: Tensor): TracedValue | undefined {
    const { storage } = tensor;
    const { version } = storage;
    const known = this.#ofTensors.get(tensor);
    if (known?.version === version) return valueOf(known.id, tensor);
    const held = this.#ofStorages.get(storage)?.find((each) => isOf(each, tensor));
    return held?.version === version ? valueOf(held.id, tensor) : undefined;
  }

  #add(tensor: Tensor): TracedValue {
    const id = this.#next++;
    const { storage, shape, dtype } = tensor;
    const { version } = storage;
    this.#ofTensors.set(tensor, { id, version });
    const others = this.#ofStorages.get(storage)?.filter((each) => !isOf(each, tensor)) ?? [];
    this.#ofStorages.set(storage, [...others, { id, version, shape, dtype }]);
    return valueOf(id, tensor);
  }
}

function isOf({ shape, dtype }: Held, tensor: Tensor): boolean {
  return dtype === tensor.dtype && String(shape) === String(tensor.shape);
}

function valueOf(id: number, tensor: Tensor): TracedValue {
  return { id, shape: tensor.shape, dtype: tensor.dtype, tensor };
}

function mapped(tensors: Inputs, change: (tensor: Tensor) => TracedValue): TracedValues {
  const values: Record<string, readonly TracedValue[]> = {};
  for (const [name, value] of Object.entries(tensors)) {
    const list =
      value === undefined ? [] : value instanceof TensorBase ? [value as Tensor] : (value as readonly Tensor[]);
    values[name] = list.map(change);
  }
  return values;
}

function outputsOf(op: AnyOp, inputs: Inputs, result: unknown): Inputs {
  const changed = op.mutates?.filter((name) => inputs[name] !== undefined).map((name) => [name, inputs[name]] as const);
  const made = result instanceof TensorBase ? [[op.outputNames[0], result]] : Object.entries(result ?? {});
  return Object.fromEntries([...made, ...(changed ?? [])]) as Inputs;
}

/**
 * Runs `body`, and hands on every op as it is called in it: the op, its inputs, attributes and outputs. Views (`reshape`) are among
 * them; of an op that the backend runs by other ops, and of a composed one with a gradient, the op itself is and those inside are
 * not. What `body` does with gradients is handed on too: the ops of formulas, and of what is computed anew. Ops of other asynchronous tasks are
 * not. Where traces are in each other, both are told.
 *
 * `tell` is called when the op is done. What it computes itself is not handed on; an error that it throws goes through the op. The tensors
 * of a call are those of the program, and are freed when the program does: read them at once, and do not keep them. An input that no
 * earlier call has as an output comes from outside: a parameter, data, a constant.
 *
 * @returns What `body` returns; for an asynchronous one the trace ends when its promise settles.
 * @throws ArgumentError when one of the two is no function.
 *
 * @example
 * ```ts
 * import { conv2d, linear, type OpCall, rand, sizeOf, trace, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, Flatten, Linear, MaxPool2d, Sequential, Tanh } from '@dl/layers';
 * await useBackend(cpu());
 * const lenet = new Sequential(
 *   new Conv2d(1, 6, 5, { padding: 2 }), new Tanh(), new MaxPool2d(2),
 *   new Conv2d(6, 16, 5), new Tanh(), new MaxPool2d(2), new Flatten(),
 *   new Linear(400, 120), new Tanh(), new Linear(120, 84), new Tanh(), new Linear(84, 10),
 * );
 *
 * // Each output of a convolution or a linear map is a sum over what one row of the weight has.
 * let multiplyAdds = 0;
 * const count = ({ op, inputs, outputs }: OpCall): void => {
 *   const [weight] = inputs['weight'] ?? [];
 *   const [y] = outputs['y'] ?? [];
 *   if (op === conv2d || op === linear) multiplyAdds += sizeOf(y!.shape) * sizeOf(weight!.shape.slice(1));
 * };
 * trace(() => lenet.forward(rand([1, 1, 28, 28])), count);
 * console.log(multiplyAdds); // 416520
 * ```
 */
export function trace<T>(body: () => T, tell: (call: OpCall) => void): T {
  checkCall('trace', arguments, ['body', 'tell']);
  for (const [what, value] of Object.entries({ body, tell })) {
    if (typeof value !== 'function') {
      throw new ArgumentError(
        `trace: ${what} is ${shown(value)}, needs a function: trace(() => model.forward(x), (call) => console.log(call.op.name))`,
      );
    }
  }
  const silent = (call: OpCall): void => during('tracer', undefined, () => tell(call));
  return inContext(
    'trace',
    (context) => {
      context.tracer = new Tracer(silent, context.tracer);
    },
    body,
  );
}

/** Runs an op in a context that has a tracer, without what it does inside. */
export function traced<T>(tracer: Tracer, op: AnyOp, inputs: Inputs, attributes: object, run: () => T): T {
  return tracer.call(op, inputs, attributes, () => during('tracer', undefined, run));
}
