// Mutants of small programs: each kind is made, each is another program that parses, and what is no program is left alone.

import ts from 'typescript';
import { expect, test } from 'vitest';
import { mutantsOf, mutate } from './mutants.js';

const changes = (text: string): string[] => mutantsOf('a.ts', text).map((mutant) => mutate(text, mutant));

test.each<[string, string[]]>([
  ['f(a < b);', [';', 'f(a <= b);']],
  ['x = a + 0.5;', [';', 'x = a - 0.5;', 'x = a + 1.5;', 'x = a + 0.5005;']],
  ['const x = a && !true;', ['const x = a || !true;', 'const x = a && !false;']],
  ['if (a) b();', ['if (!(a)) b();', 'if (a) ;']],
  ['const { a = b } = c;', ['const { a } = c;']],
  ['const f = (a = b) => a;', ['const f = (a) => a;']],
  ['const x = a ?? b;', ['const x = a;']],
  ['const x = a ? b : c;', ['const x = !(a) ? b : c;']],
])('%s', (text, wanted) => {
  expect(changes(text)).toEqual(wanted);
});

test.each([
  "import { a } from 'b';",
  'interface A { readonly a: 1 }',
  'type A = 1 | true;',
  'throw f(a + 1);',
  "const x = 'a' + b;",
  'export const expSamples = () => [1, 2];',
])('nothing of %s', (text) => {
  expect(changes(text)).toEqual([]);
});

test('a mutant parses', () => {
  const text =
    'export function f({ a = 1 }: { a?: number }): number {\n  while (a > 2) a -= 1;\n  return a * 2 - 1;\n}\n';
  for (const changed of changes(text)) {
    expect(changed).not.toBe(text);
    expect(ts.transpileModule(changed, { reportDiagnostics: true }).diagnostics).toEqual([]);
  }
});
