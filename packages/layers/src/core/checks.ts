// What layers check of their arguments and inputs, in one voice.

import { ArgumentError, DTypeError, formatShape, isFloat, isInstance, shown, Tensor } from '@dl/autograd';

/**
 * Throws unless a layer is given a tensor of the dtype of its parameters (of any, without parameters): for the `forward` of layers of your own.
 *
 * @param layer Its name, with which the error begins.
 * @param x The input.
 * @param model One of its parameters.
 *
 * @throws DTypeError that says what came, and what to do.
 *
 * @example
 * ```ts
 * import { ones, type Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Module, needTensor, parameter } from '@dl/layers';
 * await useBackend(cpu());
 *
 * class Scale extends Module {
 *   scale = parameter(ones([3]));
 *
 *   forward(x: Tensor) {
 *     needTensor('Scale', x, this.scale);
 *     return x.mul(this.scale);
 *   }
 * }
 *
 * try {
 *   new Scale().forward(tensor([1, 2, 3], { dtype: 'int32' }));
 * } catch (error) {
 *   console.log((error as Error).message); // Scale: input is int32 and the layer float32; cast the input with .cast('float32')
 * }
 * ```
 */
export function needTensor(layer: string, x: unknown, model?: Tensor): void {
  if (!isInstance(x, Tensor, layer, 'input')) {
    throw new DTypeError(`${layer}: input is ${shown(x)}, needs a Tensor; make one with tensor(...)`);
  }
  if (model !== undefined && x.dtype !== model.dtype) {
    throw new DTypeError(
      `${layer}: input is ${x.dtype} and the layer ${model.dtype}; cast the input with .cast('${model.dtype}')` +
        (isFloat(x.dtype) ? `, or make the layer with { dtype: '${x.dtype}' }` : ''),
    );
  }
}

/** Throws unless `value` is a number of a tensor's axis, counted from the front or, if negative, from the end. */
export function needAxis(layer: string, name: string, value: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new ArgumentError(`${layer}: ${name} is ${shown(value)}, needs the whole number of an axis, such as 1 or -1`);
  }
  return value;
}

/**
 * Writes the arguments of a layer as its constructor takes them, for the `describe` of layers of your own.
 *
 * @param positional What comes first, without names.
 * @param named Options, each with what it is by default; those that are so stay out.
 *
 * @example
 * ```ts
 * import { formatArguments } from '@dl/layers';
 * console.log(formatArguments([3, 4], { bias: [false, true], stride: [1, 1] })); // 3, 4, bias=false
 * ```
 */
export function formatArguments(
  positional: readonly number[],
  named: Readonly<Record<string, readonly [value: unknown, standard: unknown]>> = {},
): string {
  const given = Object.entries(named).filter(([, [value, standard]]) => String(value) !== String(standard));
  return [...positional.map(String), ...given.map(([name, [value]]) => `${name}=${formatValue(value)}`)].join(', ');
}

function formatValue(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.every((item) => item === value[0]) ? String(value[0]) : formatShape(value);
}
