// The pages for those who come from PyTorch and TensorFlow.js: both sides of every line give the same.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runSnippet } from '../doc-snippets/run.js';
import { typeCheck } from '../doc-snippets/type-check.js';
import { writeSnippets } from '../doc-snippets/write.js';
import { root } from '../lib/packages.js';
import { moduleOf, type Page, readPage } from './page.js';
import { difference, numbersOf, plain } from './plain.js';

interface Golden {
  readonly rows: Readonly<Record<string, unknown>>;
  readonly programs: readonly { readonly program: string; readonly printed: readonly string[] }[];
}

const write = (file: string, code: string) =>
  writeSnippets(
    [{ file, snippets: [{ line: 1, code, run: true }], problems: [] }],
    join(root, '.cache/side-by-side', file),
  )[0]!;

/** What a block prints, line by line. */
async function printedBy(name: string, code: string): Promise<string[]> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((...words) => void lines.push(JSON.stringify(words)));
  await runSnippet(write(name, code).path);
  return lines;
}

afterEach(() => vi.restoreAllMocks());

describe('docs/pytorch-here.md', () => {
  const page: Page = readPage(readFileSync(join(root, 'docs/pytorch-here.md'), 'utf8'), 'python');
  const golden = JSON.parse(readFileSync(new URL('pytorch.json', import.meta.url), 'utf8')) as Golden;
  const tables = write(
    'pytorch',
    moduleOf(
      page.ours[0]!.code,
      page.rows.map(({ ours }) => ours),
    ),
  );
  const mistakes = typeCheck([tables]);

  test('the golden file is of this page: after a change run tools/side-by-side/make-golden.py', () => {
    expect(Object.keys(golden.rows)).toEqual([...new Set(page.rows.map(({ theirs }) => theirs))]);
    expect(golden.programs.map(({ program }) => program.trim())).toEqual(
      page.theirs.slice(1).map(({ code }) => code.trim()),
    );
    expect(page.ours.length).toBe(page.theirs.length);
  });

  test('the right column compiles', () => {
    expect(mistakes.get(tables.path) ?? []).toEqual([]);
  });

  test.each(page.rows.map((row, i) => [row.theirs, i] as const))('%s', async (theirs, i) => {
    const { rows } = (await import(/* @vite-ignore */ pathToFileURL(tables.path).href)) as {
      rows: (() => Promise<unknown>)[];
    };
    const [got, wanted] = [plain(await rows[i]!()), golden.rows[theirs]];
    expect(difference(got, wanted), page.rows[i]!.ours).toBeUndefined();
  });

  test.each(golden.programs.map(({ printed }, i) => [page.ours[i + 1]!.line, i, printed] as const))(
    'the program at line %i prints the same',
    { timeout: 60_000 },
    async (_, i, printed) => {
      const lines = await printedBy(`pytorch-program-${i}`, page.ours[i + 1]!.code);
      expect(lines.length).toBe(printed.length);
      for (const [k, line] of lines.entries())
        expect(difference(numbersOf(line), numbersOf(printed[k]!)), `${line} and ${printed[k]}`).toBeUndefined();
    },
  );
});

describe('the comparison sees', () => {
  test.each<[string, unknown, unknown]>([
    ['another value', { shape: [1], data: [1] }, { shape: [1], data: [1.1] }],
    ['another shape', { shape: [1, 2], data: [1, 2] }, { shape: [2], data: [1, 2] }],
    ['a tensor for a number', { shape: [], data: [1] }, 1],
    ['one more', [1, 2], [1]],
    ['nothing', undefined, 0],
    ['nothing for NaN', undefined, 'NaN'],
    ['an empty list for 0', [], 0],
    ['a number for NaN', 1, 'NaN'],
  ])('%s', (_, got, wanted) => {
    expect(difference(got, wanted)).toBeDefined();
  });
});
