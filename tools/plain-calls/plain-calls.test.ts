// Every function and class that a package exports, called as plain JavaScript can: with options that there are not, in another
// spelling, of another kind, and with values where none go. The types say what is right, so that a new export is tested as it is.

import { DlError, isOp, Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Callable, callables, entryPoints, type ValueKind } from './signatures.js';

/** What takes anything: with the reason. */
const unchecked: Readonly<Record<string, string>> = {
  ...reason('it is called for every op, by kernels and shape rules', [
    ...[
      'sizeOf',
      'stridesOf',
      'aroundAxis',
      'broadcastStrides',
      'mergeAxes',
      'reductionSteps',
      'formatShape',
      'broadcastShapes',
      'checkInteger',
      'needRange',
      'toPair',
    ],
    ...[
      'bytesPerElement',
      'isFloat',
      'isInteger',
      'isBoolean',
      'isHalf',
      'typedArray',
      'currentBackend',
      'cpuBuffer',
      'gpuBuffer',
      'seenAs',
    ],
  ]),
  ...reason('it is the check itself, or shows values', ['checkCall', 'checkOptions', 'shown', 'printable']),
  ...reason('it is a question about any value', [
    ...['isOp', 'isModule', 'isParameter', 'isBuffer', 'required', 'isInstance', 'refuseOtherCopy', 'packageCopy'],
  ]),
  ...reason('it is made by functions of the package, not by users', [
    ...[
      'Element',
      'Scope',
      'internalScope',
      'CpuBuffer',
      'GpuBuffer',
      'RowGradient',
      'TfjsRun',
      'EvaluationRun',
      'EventRun',
      'expectBegin',
      'runSample',
    ],
  ]),
  ...reason('layers call it, in every forward or where they print', [
    'needTensor',
    'formatArguments',
    'needNetwork',
    'checkLengths',
    'featuresOf',
  ]),
  ...reason('ops make it', ['Tensor']),
  ...reason('it declares: the compiler or the declaration itself checks more', ['defineOp', 'defineKernel']),
};

function reason(why: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]));
}

const entries = entryPoints();
const modules = new Map<string, Record<string, unknown>>();
for (const [entry, path] of entries) modules.set(entry, (await import(path)) as Record<string, unknown>);
// What is exported as a type only has no value.
const all = callables(entries).filter(
  ({ entry, name }) =>
    entry !== '@dl/autograd/samples' &&
    modules.get(entry)![name] !== undefined &&
    !Object.hasOwn(unchecked, name) &&
    !name.endsWith('Error'),
);

beforeAll(() => useBackend(cpu()));

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

/** Arguments of no kind; for what tells its forms apart by numbers, numbers. */
const anything = (count: number, { name }: { readonly name: string } = { name: '' }): unknown[] =>
  Array.from({ length: count }, (_, i) => (name === 'arange' ? i : Symbol(`argument ${i}`)));

/** What is said of the wrong call, or what came instead of a sentence about it. */
function said(error: unknown, { entry, name: exported }: Callable): string {
  const value = modules.get(entry)![exported];
  const name = isOp(value) ? value.name : exported;
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
    const error = await errorOf(callable, [...anything(places, callable), { zyxwvut: 1 }]);
    expect(said(error, callable)).toMatch(/^there is no option zyxwvut; it has /);
  });
});

const isOneLetterOff = (a: string, b: string): boolean =>
  a.length === b.length && [...a].filter((letter, i) => letter !== b[i]).length === 1;

describe('another spelling is told the right one', () => {
  test.each(withOptions)('%s', async (_, callable, { places, options }) => {
    for (const name of options!.keys()) {
      const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const spellings = [
        snake,
        name.toLowerCase(),
        name.toUpperCase(),
        ...(name.length > 5 ? [name[0] + name.slice(2)] : []),
      ];
      for (const spelling of spellings) {
        // As near to another one.
        const isAmbiguous = [...options!.keys()].some((other) => other !== name && isOneLetterOff(other, spelling));
        if (options!.has(spelling) || isAmbiguous) continue;
        const error = await errorOf(callable, [...anything(places, callable), { [spelling]: 1 }]);
        expect(said(error, callable)).toBe(`there is no option ${spelling}; did you mean ${name}?`);
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

/** An attribute without a default, of an op for gradient formulas: its type is the compiler's alone. */
function isWithoutDefault({ entry, name }: Callable, attribute: string): boolean {
  const op = modules.get(entry)![name];
  return isOp(op) && !('call' in op.declaration) && (op.defaults as Record<string, unknown>)[attribute] === undefined;
}

describe('a value of another kind', () => {
  test.each(withOptions)('%s', async (_, callable, { places, options }) => {
    for (const [name, kinds] of options!) {
      if (isWithoutDefault(callable, name)) continue;
      const values = wrong.filter(([kind]) => !kinds.has(kind)).map(([, value]) => value);
      // A value that tensors are filled with may be NaN.
      if (kinds.has('number') && !['value', 'fill'].includes(name)) values.push(Number.NaN);
      for (const value of values) {
        const error = await errorOf(callable, [...anything(places, callable), { [name]: value }]);
        expect([name, value, said(error, callable)]).toEqual([
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
      // One more number is the end, or the step.
      if (callable.name === 'arange' && value === 7) continue;
      const error = await errorOf(callable, [...anything(places, callable), value]);
      expect(said(error, callable)).toMatch(/options go in one object|a shape is given by/);
    }
  });
});

describe('one argument more than it takes', () => {
  test.each(cases.filter(([, , { places }]) => Number.isFinite(places)))('%s', async (_, callable, signature) => {
    const most = signature.places + (signature.options === undefined ? 0 : 1);
    const longest = Math.max(...callable.signatures.map(({ places, options }) => places + (options ? 1 : 0)));
    if (most < longest) return;
    const given = signature.options === undefined ? anything(most, callable) : [...anything(most - 1, callable), {}];
    const error = await errorOf(callable, [...given, 7]);
    expect(said(error, callable)).toMatch(/takes no more|options go in one object/);
  });
});

test('methods of tensors refuse what their functions refuse', async () => {
  const x = tensor([1, 2]) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const silent: string[] = [];
  for (const name of Object.getOwnPropertyNames(Tensor.prototype)) {
    const method = Object.getOwnPropertyDescriptor(Tensor.prototype, name)!.value as unknown;
    if (name === 'constructor' || typeof method !== 'function') continue;
    let error: unknown;
    try {
      await x[name]!(...anything(7));
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof DlError)) silent.push(name);
  }
  expect(silent).toEqual([]);
});
