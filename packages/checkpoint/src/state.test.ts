// States come back exactly, whatever numbers are in them.

import { ArgumentError, FormatError, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { fromSafetensors } from './read.js';
import { packState, unpackState } from './state.js';
import { toSafetensors } from './write.js';

test('a state comes back as it was, its tensors as plain arrays', async () => {
  await useBackend(cpu());
  const rest = {
    epoch: 3,
    sums: [0.1 + 0.2, -0, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 2 ** 53],
    texts: ['', 'é"\\'],
    nothing: null,
    done: false,
    nested: [{ deep: { est: [] } }, {}],
  };
  const bytes = packState({ ...rest, model: { 'conv.weight': tensor([[1, 2]]) }, left: undefined });
  const state = unpackState<typeof rest & { model: Record<string, unknown> }>(bytes);
  expect(state).toEqual({
    ...rest,
    model: { 'conv.weight': { data: Float32Array.of(1, 2), shape: [1, 2], dtype: 'float32' } },
  });
  expect(Object.is(state.sums[1], -0)).toBe(true);
  expect(Object.keys(fromSafetensors(bytes).tensors)).toEqual(['model.conv.weight']);
});

test('a tensor alone is a state, and so is a number', () => {
  const one = { data: Int32Array.of(1), shape: [1], dtype: 'int32' as const };
  expect(unpackState(packState(one))).toEqual(one);
  expect(unpackState(packState(7))).toBe(7);
});

const one = { data: Float32Array.of(1), shape: [1] };

test.each([
  [
    { a: { when: new Date() } },
    "'a.when' is a Date, needs plain objects, arrays, numbers, texts, booleans, null or tensors",
  ],
  [{ a: () => 1 }, "'a' is a function, needs plain objects, arrays, numbers, texts, booleans, null or tensors"],
  [10n, 'the state is a bigint, needs plain objects, arrays, numbers, texts, booleans, null or tensors'],
  [{ $tensor: 'a' }, "'$tensor' has a key that begins with $; rename it"],
  [{ a: { b: one }, 'a.b': one }, "two tensors have the path 'a.b'; rename a key that has a dot in it"],
])('what cannot come back is refused', (state, message) => {
  expect(() => packState(state)).toThrow(new ArgumentError(`packState: ${message}`));
});

const withState = (json: string) => toSafetensors({}, { metadata: { state: json } });

test.each([
  [toSafetensors({ a: one }), 'the file holds tensors but no state; read it with fromSafetensors'],
  [withState('{'), 'the state is no JSON; the file is damaged, or was not made by packState'],
  [withState('{"a":{"$tensor":"b"}}'), "the state refers to tensor 'b', which the file does not have; it is damaged"],
  [
    withState('{"a":{"$number":"__proto__"}}'),
    "the state has the number '__proto__', needs one of NaN, Infinity, -Infinity, -0; the file is damaged",
  ],
  [
    withState('{"$number":{}}'),
    'the state has the number of type object, needs one of NaN, Infinity, -Infinity, -0; the file is damaged',
  ],
  [
    withState(`{"$tensor":"${'x'.repeat(1e6)}"}`),
    `the state refers to tensor '${'x'.repeat(60)}…', which the file does not have; it is damaged`,
  ],
  [
    withState(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    'the state is nested more than 500 levels deep; the file is damaged, or was not made by packState',
  ],
  [
    withState(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
    'the state is nested more than 500 levels deep; the file is damaged, or was not made by packState',
  ],
])('bytes that are no state are refused', (bytes, message) => {
  expect(() => unpackState(bytes)).toThrow(new FormatError(`unpackState: ${message}`));
});

test('a state that lies in itself, and one that is too deep, are refused with the place', () => {
  const model: Record<string, unknown> = { layers: [{ name: 'a' }] };
  (model.layers as unknown[]).push({ parent: model });
  expect(() => packState({ model })).toThrow(
    "packState: 'model.layers.1.parent' is 'model', in which it lies; a state has no cycles: leave it out, or save a name instead",
  );
  model.self = model;
  expect(() => packState(model)).toThrow("packState: 'layers.1.parent' is the state itself; a state has no cycles");
  const deep = (levels: number): unknown => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = { a: value };
    return value;
  };
  expect(unpackState(packState(deep(400)))).toEqual(deep(400));
  expect(() => packState(deep(20_000))).toThrow("packState: 'a.a.a.a.a' is nested more than 500 levels deep");
  // The same thing twice is no cycle.
  const shared = { x: 1 };
  expect(unpackState(packState([shared, shared]))).toEqual([shared, shared]);
});
