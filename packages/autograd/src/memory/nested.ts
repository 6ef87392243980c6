// Values with tensors in them: arrays, plain objects, maps and sets, however deep. Objects of a class are not searched.

import { ArgumentError } from '../errors.js';
import { isTensor, rowBrand } from '../tensor/brand.js';
import type { RowGradient } from '../tensor/row-gradient.js';
import type { Tensor } from '../tensor/tensor.js';

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** What a value holds directly. */
export function contentsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (rowBrand in value) return [(value as RowGradient).indices, (value as RowGradient).values];
  return isPlain(value) ? Object.values(value) : [];
}

function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The same value with another tensor in place of each; one that stands in several places is replaced once, and values may hold each
 * other. Objects of a class, numbers and texts are taken as they are.
 *
 * @throws ArgumentError for a promise: its tensors are not there yet.
 */
export function mapTensors<T>(what: string, value: T, change: (tensor: Tensor) => Tensor): T {
  const changed = new Map<object, unknown>();
  const of = (each: unknown): unknown => {
    if (typeof each !== 'object' || each === null) return each;
    if (isThenable(each)) throw new ArgumentError(`${what}: got a promise; await it first`);
    if (!changed.has(each)) rebuild(each);
    return changed.get(each);
  };
  const rebuild = (each: object): void => {
    if (isTensor(each)) {
      changed.set(each, change(each));
    } else if (Array.isArray(each)) {
      const list: unknown[] = [];
      changed.set(each, list);
      for (const item of each) list.push(of(item));
    } else if (each instanceof Set) {
      const set = new Set<unknown>();
      changed.set(each, set);
      for (const item of each) set.add(of(item));
    } else if (each instanceof Map) {
      const map = new Map<unknown, unknown>();
      changed.set(each, map);
      for (const [key, item] of each) map.set(of(key), of(item));
    } else if (isPlain(each)) {
      const record: Record<string, unknown> = Object.create(Object.getPrototypeOf(each) as object | null);
      changed.set(each, record);
      // A key may be called __proto__, which an assignment would not make.
      for (const [key, item] of Object.entries(each)) {
        Object.defineProperty(record, key, { value: of(item), writable: true, enumerable: true, configurable: true });
      }
    } else {
      changed.set(each, each);
    }
  };
  return of(value) as T;
}
