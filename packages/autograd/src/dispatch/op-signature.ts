// The records of named inputs and outputs that go in and out of an op, read and made. Engines are fast where a record always
// has the same names and slow where a name is looked up, so the two usual forms of an op are written out.

import { shown } from '../arguments/shown.js';
import { ArgumentError } from '../errors.js';
import type { Slot } from './define-op.js';

type Values = Readonly<Record<string, unknown>>;

export interface Signature {
  /** The inputs in order, those of a list one by one; undefined for one that is left out. */
  list(inputs: Values): unknown[];
  /** How many tensors each list among the inputs has; undefined where there is no list. */
  lengths(inputs: Values): readonly number[] | undefined;
  /** What a kernel is given: inputs and outputs by name. */
  tensors(inputs: Values, outputs: readonly unknown[]): object;
  /** What a gradient formula is given, from what `list` gave: inputs, outputs, and the gradients of the outputs. */
  context(
    inputs: readonly unknown[],
    lengths: readonly number[] | undefined,
    outputs: readonly unknown[],
    dys: readonly unknown[],
  ): object;
}

/** One input x, one output y. */
const unary: Signature = {
  list: ({ x }) => [x],
  lengths: () => undefined,
  tensors: ({ x }, outputs) => ({ x, y: outputs[0] }),
  context: (inputs, _, outputs, dys) => ({ x: inputs[0], y: outputs[0], dy: dys[0] }),
};

/** Two inputs a and b, one output y. */
const binary: Signature = {
  list: ({ a, b }) => [a, b],
  lengths: () => undefined,
  tensors: ({ a, b }, outputs) => ({ a, b, y: outputs[0] }),
  context: (inputs, _, outputs, dys) => ({ a: inputs[0], b: inputs[1], y: outputs[0], dy: dys[0] }),
};

export function signatureOf(name: string, slots: readonly Slot[], outputNames: readonly string[]): Signature {
  const inputs = slots.map((slot) => (slot.kind === 'one' ? slot.name : `${slot.name} ${slot.kind}`)).join();
  if (outputNames.join() === 'y') {
    if (inputs === 'x') return unary;
    if (inputs === 'a,b') return binary;
  }
  return new AnySignature(name, slots, outputNames);
}

class AnySignature implements Signature {
  readonly #op: string;
  readonly #slots: readonly Slot[];
  readonly #outputNames: readonly string[];
  readonly #gradientNames: readonly string[];
  readonly #lists: readonly string[];

  constructor(op: string, slots: readonly Slot[], outputNames: readonly string[]) {
    this.#op = op;
    this.#slots = slots;
    this.#outputNames = outputNames;
    this.#gradientNames = outputNames.map((name) => `d${name}`);
    this.#lists = slots.filter(({ kind }) => kind === 'list').map((slot) => slot.name);
  }

  list(inputs: Values): unknown[] {
    const list: unknown[] = [];
    for (const { name, kind } of this.#slots) {
      const value = inputs[name];
      if (kind !== 'list') {
        list.push(value);
      } else {
        if (!Array.isArray(value))
          throw new ArgumentError(`${this.#op}: ${name} is ${shown(value)}, needs an array of tensors`);
        for (const each of value) list.push(each);
      }
    }
    return list;
  }

  lengths(inputs: Values): readonly number[] | undefined {
    return this.#lists.length === 0
      ? undefined
      : this.#lists.map((name) => (inputs[name] as readonly unknown[]).length);
  }

  tensors(inputs: Values, outputs: readonly unknown[]): object {
    const record: Record<string, unknown> = {};
    for (const { name } of this.#slots) record[name] = inputs[name];
    for (let i = 0; i < outputs.length; i++) record[this.#outputNames[i]!] = outputs[i];
    return record;
  }

  context(
    inputs: readonly unknown[],
    lengths: readonly number[] | undefined,
    outputs: readonly unknown[],
    dys: readonly unknown[],
  ): object {
    const record: Record<string, unknown> = {};
    let next = 0;
    let lists = 0;
    for (const { name, kind } of this.#slots) {
      if (kind === 'list') {
        const first = next;
        next += lengths![lists++]!;
        record[name] = inputs.slice(first, next);
      } else {
        record[name] = inputs[next++];
      }
    }
    for (let i = 0; i < outputs.length; i++) {
      record[this.#outputNames[i]!] = outputs[i];
      if (dys[i] !== undefined) record[this.#gradientNames[i]!] = dys[i];
    }
    return record;
  }
}
