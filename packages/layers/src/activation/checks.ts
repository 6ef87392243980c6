// What activations check of their options, in one voice.

import { ArgumentError, shown } from '@dl/autograd';

export function needAbove(layer: string, name: string, value: number, bound: number): number {
  if (Number.isFinite(value) && value > bound) return value;
  throw new ArgumentError(`${layer}: ${name} is ${shown(value)}, needs a number above ${bound}`);
}

export function needFinite(layer: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(`${layer}: ${name} is ${shown(value)}, needs a finite number`);
}
