// ONNX models, written out by hand: the few messages of onnx.proto3 that a graph of float operators needs, in the wire
// format of Protocol Buffers. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3

import type { Input } from '../workloads/workload.js';

/** The name of a value in the graph. */
export type OnnxValue = string & { readonly onnx: true };
type Attribute = number | string | readonly number[];

const OPSET = 17;
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;

/** Builds one model: inputs that are fed at each run, weights that lie in it, and operators. */
export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #weights = new Map<string, Uint8Array>();
  readonly #inputs: readonly Input[];
  readonly #feeds: number;
  readonly #used = new Set<number>();
  #made = 0;

  /** The first `feeds` inputs of a workload are fed; the others are weights. */
  constructor(inputs: readonly Input[], feeds: number) {
    this.#inputs = inputs;
    this.#feeds = feeds;
  }

  /** The inputs of the workload, as values. */
  inputs(): OnnxValue[] {
    return this.#inputs.map((_, i) => inputName(i));
  }

  /** An operator with one output that is used, the first of `outputs`. */
  op(type: string, from: readonly (OnnxValue | '')[], attributes: Record<string, Attribute> = {}): OnnxValue {
    for (const name of from) this.#use(name);
    const to = `y${this.#made++}` as OnnxValue;
    this.#nodes.push(
      message([
        ...from.map((name) => text(1, name)),
        text(2, to),
        text(4, type),
        ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
      ]),
    );
    return to;
  }

  /** A tensor of numbers that lies in the model. */
  constant(values: Float32Array, shape: readonly number[]): OnnxValue {
    return this.#weight(`c${this.#made++}`, FLOAT, values, shape);
  }

  /** Whole numbers, as shapes and axes are given. */
  integers(values: readonly number[]): OnnxValue {
    return this.#weight(`c${this.#made++}`, INT64, BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** The values of an input of the workload, for weights that are to lie in another order. */
  valuesOf(value: OnnxValue): Float32Array {
    return this.#inputs[inputIndex(value)]!.values() as Float32Array;
  }

  /** Which inputs are fed, by their index. */
  fed(): number[] {
    return [...this.#used].filter((i) => i < this.#feeds).sort((a, b) => a - b);
  }

  /** The model whose one output, `out`, is this value. */
  model(result: OnnxValue): Uint8Array {
    const out = 'out' as OnnxValue;
    this.#nodes.push(message([text(1, result), text(2, out), text(4, 'Identity')]));
    const graph = message([
      ...this.#nodes.map((node) => bytes(1, node)),
      text(2, 'workload'),
      ...[...this.#weights.values()].map((weight) => bytes(5, weight)),
      ...this.fed().map((i) => bytes(11, valueInfo(inputName(i), this.#inputs[i]!.shape))),
      bytes(12, valueInfo(out)),
    ]);
    return message([integer(1, IR_VERSION), bytes(7, graph), bytes(8, message([text(1, ''), integer(2, OPSET)]))]);
  }

  #use(name: OnnxValue | ''): void {
    const index = inputIndex(name);
    if (Number.isNaN(index) || this.#used.has(index)) return;
    this.#used.add(index);
    const { shape, values } = this.#inputs[index]!;
    if (index >= this.#feeds) this.#weight(name, FLOAT, values() as Float32Array, shape);
  }

  #weight(name: string, type: number, values: Float32Array | BigInt64Array, shape: readonly number[]): OnnxValue {
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const dims = shape.map((length) => integer(1, length));
    this.#weights.set(name, message([...dims, integer(2, type), text(8, name), bytes(9, raw)]));
    return name as OnnxValue;
  }
}

export const inputName = (index: number): OnnxValue => `in${index}` as OnnxValue;
const inputIndex = (name: string): number => (name.startsWith('in') ? Number(name.slice(2)) : Number.NaN);

function valueInfo(name: string, shape?: readonly number[]): Uint8Array {
  const dims = shape?.map((length) => bytes(1, message([integer(1, length)])));
  const tensor = message([integer(1, FLOAT), ...(dims === undefined ? [] : [bytes(2, message(dims))])]);
  return message([text(1, name), bytes(2, message([bytes(1, tensor)]))]);
}

function attribute(name: string, value: Attribute): Uint8Array {
  const [INT, STRING, INTS] = [2, 3, 7];
  if (typeof value === 'number') return message([text(1, name), integer(3, value), integer(20, INT)]);
  if (typeof value === 'string') return message([text(1, name), text(4, value), integer(20, STRING)]);
  return message([text(1, name), ...value.map((number) => integer(8, number)), integer(20, INTS)]);
}

const [VARINT, BYTES] = [0, 2];

function integer(field: number, value: number): Uint8Array {
  return message([varint((field << 3) | VARINT), varint(value)]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message([varint((field << 3) | BYTES), varint(value.length), value]);
}

function varint(value: number): Uint8Array {
  const to: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    to.push(left > 0n ? low | 0x80 : low);
  } while (left > 0n);
  return Uint8Array.from(to);
}

/** A message is its fields, one after the other. */
function message(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
