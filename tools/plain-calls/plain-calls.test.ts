// Every function and class that a package exports, called as plain JavaScript can: with options that there are not, in another
// spelling, of another kind, and with values where none go. The types say what is right, so that a new export is tested as it is.

import { DlError, Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Callable, callables, entryPoints, type ValueKind } from './signatures.js';

/** What takes anything: with the reason. */
const unchecked: Readonly<Record<string, string>> = {
  ...reason('it is called for every op, by kernels and shape rules', [
    ...['sizeOf', 'stridesOf', 'formatShape', 'broadcastShapes', 'checkInteger', 'toPair', 'bytesPerElement'],
    ...['typedArray', 'currentBackend', 'cpuBuffer', 'gpuBuffer'],
  ]),
  ...reason('it is the check itself, or shows values', ['checkCall', 'checkOptions', 'shown']),
  ...reason('it is a question about any value', ['isOp', 'isModule', 'isParameter', 'isBuffer', 'required']),
  ...reason('it is made by functions of the package, not by users', [
    ...['Element', 'Scope', 'internalScope', 'CpuBuffer', 'GpuBuffer', 'TfjsRun', 'EvaluationRun', 'runSample'],
  ]),
  ...reason('it declares: the compiler or the declaration itself checks more', ['defineOp', 'defineKernel']),
};

function reason(why: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]));
}

const entries = entryPoints();
const modules = new Map<string, Record<string, unknown>>();
const all = callables(entries).filter(
  ({ entry, name }) => entry !== '@dl/autograd/samples' && !Object.hasOwn(unchecked, name) && !name.endsWith('Error'),
);

beforeAll(async () => {
  await useBackend(cpu());
  for (const [entry, path] of entries) modules.set(entry, (await import(path)) as Record<string, unknown>);
}, 120_000);

/** What calling it throws, rejects with, or gives at the first step of a generator; undefined when nothing. */
async function errorOf({ entry, name, isClass }: Callable, args: readonly unknown[]): Promise<unknown> {
  const f = modules.get(entry)![name] as (...args: unknown[]) => unknown;
  try {
    const result: unknown = isClass ? Reflect.construct(f, args) : f(...args);
    if (result instanceof Promise) await result;
    if (typeof (result as AsyncGenerator | undefined)?.next === 'function') await (result as AsyncGenerator).next();
  } catch (error) {
    return error;
  }
  return undefined;
}

const anything = (count: number): unknown[] => Array.from({ length: count }, (_, i) => Symbol(`argument ${i}`));

/** What is said of the wrong call, or what came instead of a sentence about it. */
function said(error: unknown, name: string): string {
  if (!(error instanceof DlError)) return `no sentence: ${String(error)}`;
  return error.message.startsWith(`${name}: `) ? error.message.slice(name.length + 2) : `of another: ${error.message}`;
}

const cases = all.flatMap((callable) =>
  callable.signatures.map((signature) => [`${callable.entry} ${callable.name}`, callable, signature] as const),
);
const withOptions = cases.filter(([, , { options }]) => options !== undefined);

test('there is much to call', () => {
  expect(all.length).toBeGreaterThan(350);
  expect(withOptions.length).toBeGreaterThan(180);
});

describe('an unknown option', () => {
  test.each(withOptions)('%s', async (_, callable, { places }) => {
    const error = await errorOf(callable, [...anything(places), { zyxwvut: 1 }]);
    expect(said(error, callable.name)).toMatch(/^there is no option zyxwvut; it has /);
  });
});

describe('another spelling is told the right one', () => {
  test.each(withOptions)('%s', async (_, callable, { places, options }) => {
    for (const name of options!.keys()) {
      const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const spellings = [
        snake,
        name.toLowerCase(),
        name.toUpperCase(),
        ...(name.length > 5 ? [name.slice(0, -1)] : []),
      ];
      for (const spelling of spellings) {
        if (options!.has(spelling)) continue;
        const error = await errorOf(callable, [...anything(places), { [spelling]: 1 }]);
        expect(said(error, callable.name)).toBe(`there is no option ${spelling}; did you mean ${name}?`);
      }
    }
  });
});

const wrong: readonly (readonly [ValueKind, unknown])[] = [
  ['string', '1'],
  ['number', 1],
  ['boolean', true],
  ['function', (): void => {}],
];

describe('a value of another kind', () => {
  test.each(withOptions)('%s', async (_, callable, { places, options }) => {
    for (const [name, kinds] of options!) {
      const values = wrong.filter(([kind]) => !kinds.has(kind)).map(([, value]) => value);
      // A value that tensors are filled with may be NaN.
      if (kinds.has('number') && !['value', 'fill'].includes(name)) values.push(Number.NaN);
      for (const value of values) {
        const error = await errorOf(callable, [...anything(places), { [name]: value }]);
        expect([name, value, said(error, callable.name)]).toEqual([
          name,
          value,
          expect.stringMatching(new RegExp(`^${name} is .*needs |^${name} `)),
        ]);
      }
    }
  });
});

describe('a number where options go', () => {
  test.each(withOptions)('%s', async (_, callable, { places }) => {
    for (const value of [7, null, 'text', [1]]) {
      if (places === 0 && value === 7 && callable.name === 'flatten') continue;
      const error = await errorOf(callable, [...anything(places), value]);
      expect(said(error, callable.name)).toMatch(/options go in one object|a shape is given by/);
    }
  });
});

describe('one argument more than it takes', () => {
  test.each(cases.filter(([, , { places }]) => Number.isFinite(places)))('%s', async (_, callable, signature) => {
    const most = signature.places + (signature.options === undefined ? 0 : 1);
    const longest = Math.max(...callable.signatures.map(({ places, options }) => places + (options ? 1 : 0)));
    if (most < longest) return;
    const given = signature.options === undefined ? anything(most) : [...anything(most - 1), {}];
    const error = await errorOf(callable, [...given, 7]);
    expect(said(error, callable.name)).toMatch(/takes no more/);
  });
});

test('methods of tensors refuse what their functions refuse', () => {
  const x = tensor([1, 2]) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const silent = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => {
    const method = Object.getOwnPropertyDescriptor(Tensor.prototype, name)!.value as unknown;
    if (name === 'constructor' || typeof method !== 'function') return false;
    try {
      x[name]!(...anything(7));
    } catch (error) {
      return !(error instanceof DlError);
    }
    return true;
  });
  expect(silent).toEqual([]);
});
