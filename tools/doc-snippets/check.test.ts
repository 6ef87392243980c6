// A block that does not compile or that throws is caught, at the line of its document.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../lib/packages.js';
import { extractFromMarkdown, usingComment } from './extract.js';
import { runSnippet } from './run.js';
import { toJavaScript } from './to-javascript.js';
import { typeCheck } from './type-check.js';
import { writeSnippets } from './write.js';

const folder = join(root, '.cache/doc-snippets-of-test');
afterAll(() => rmSync(folder, { recursive: true }));

const block = (...lines: string[]) => ['```ts', ...lines, '```'];
const text = [
  '# Guide',
  ...block('const wrong: number = "text";'),
  ...block('globalThis.seen = 1;', 'declare global { var seen: number | undefined; }', 'export {};'),
  ...block('if (globalThis.seen) throw new Error("blocks share globals");'),
  ...block(
    'const order: string[] = [];',
    usingComment,
    '{ using _ = { [Symbol.dispose]: () => void order.push("freed") }; order.push("used"); }',
    'await Promise.resolve();',
    'if (order.join() !== "used,freed") throw new Error(order.join());',
  ),
  ...block('const values: number[] = [];', 'throw new Error("this block fails");'),
  ...block('import { writeFileSync } from "node:fs";', 'writeFileSync("weights", "1");'),
  // What the compiler takes and would translate, and no Node reads.
  ...block('@((target: typeof A) => target)', 'class A {}', 'new A();'),
].join('\n');
const snippets = writeSnippets([{ file: 'docs/guide.md', ...extractFromMarkdown(text) }], folder);
const [wrong, setsGlobal, readsGlobal, frees, fails, writes, decorated] = snippets;

test('types are checked, and a mistake is at its line of the document', () => {
  const mistakes = typeCheck(snippets);
  expect(mistakes.get(wrong!.path)).toEqual([`docs/guide.md:3: Type 'string' is not assignable to type 'number'.`]);
  expect([...mistakes.keys()]).toEqual([wrong!.path]);
});

test('blocks run as modules, with top-level await, and with `using` where they say what it needs', async () => {
  await runSnippet(frees!);
});

test('blocks do not see each other, nor write into the repository', async () => {
  await runSnippet(setsGlobal!);
  await runSnippet(readsGlobal!);
  await runSnippet(writes!);
});

test('a block that throws fails', async () => {
  await expect(runSnippet(fails!)).rejects.toThrow('this block fails');
});

test('blocks run as they are written, without their types: nothing is translated', async () => {
  expect(toJavaScript('const a: number = 1;\nusing b = f(a as any);')).toMatch(
    /^const a {9}= 1;\nusing b = f\(a {7}\);$/,
  );
  expect(() => toJavaScript('enum Kind { a }')).toThrow('"enum Kind { a }" is no JavaScript with types');
  await expect(runSnippet(decorated!)).rejects.toThrow(/Invalid or unexpected token|Parse failure/);
});
