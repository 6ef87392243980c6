// What layers check of their arguments and inputs, in one voice.

import { ArgumentError, DTypeError, formatShape, isFloat, isInstance, shown, Tensor } from '@dl/autograd';

/** Throws unless a layer is given a tensor of the dtype of its parameters (of any, without parameters). */
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

/** Writes the arguments of a layer as its constructor takes them; options that are as by default stay out. */
export function formatArguments(
  positional: readonly number[],
  options: Readonly<Record<string, readonly [value: unknown, standard: unknown]>> = {},
): string {
  const given = Object.entries(options).filter(([, [value, standard]]) => String(value) !== String(standard));
  return [...positional.map(String), ...given.map(([name, [value]]) => `${name}=${formatValue(value)}`)].join(', ');
}

function formatValue(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.every((item) => item === value[0]) ? String(value[0]) : formatShape(value);
}
