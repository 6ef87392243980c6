// Which exports are methods: all that compute from a tensor, but for those that functions-only.ts names with a reason.

import { describe, expect, test } from 'vitest';
import { functionsOnly } from '../scripts/functions-only.js';
import * as dl from '../src/index.js';

const listed = Object.values(functionsOnly).flat();
const isClass = (value: object): boolean => /^class\b/.test(String(value));
const functions = Object.entries(dl).filter(([, value]) => typeof value === 'function' && !isClass(value));

describe('each exported function is a method of its first tensor, or has a reason', () => {
  test.each(functions)('%s', (name) => {
    const method: unknown = Object.getOwnPropertyDescriptor(dl.Tensor.prototype, name)?.value;
    if (listed.includes(name)) {
      expect(method, `${name} is a method; take it out of functions-only.ts`).toBeUndefined();
      return;
    }
    expect(method, `${name} is no method: run generate-tensor.ts, or say in functions-only.ts why`).toBeTypeOf(
      'function',
    );
    // The function itself, with the tensor first and all else as it came; arguments too many are handed on to be refused.
    const [, parameters, called, rest] =
      /^\w+\(([^)]*)\)\s*\{\s*(?:if \(arguments\.length > \d+\)\s*return [^;]*;\s*)?(?:return )?(?:[\w$]+\.|\(0,\s*[\w$]+\.)?(\w+)\)?\(this(?:, )?([^)]*)\)/.exec(
        String(method),
      ) ?? [];
    expect([called, rest]).toEqual([name, parameters]);
  });
});

test('functions-only.ts names what is exported, once', () => {
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed.filter((name) => !functions.some(([exported]) => exported === name))).toEqual([]);
});

test('every op is among the functions that are looked at', () => {
  const ops = Object.entries(dl).filter(([, value]) => dl.isOp(value));
  expect(ops.length).toBeGreaterThan(100);
  expect(ops.filter(([name]) => !functions.some(([exported]) => exported === name))).toEqual([]);
});
