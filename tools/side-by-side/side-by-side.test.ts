// The pages for those who come from PyTorch and TensorFlow.js: both sides of every line give the same.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { runSnippet } from '../doc-snippets/run.js';
import { typeCheck } from '../doc-snippets/type-check.js';
import { type WrittenSnippet, writeSnippets } from '../doc-snippets/write.js';
import { root } from '../lib/packages.js';
import { moduleOf, type Page, readPage } from './page.js';
import { difference, numbersOf, type Plain, plain } from './plain.js';

interface Golden {
  readonly rows: Readonly<Record<string, unknown>>;
  readonly programs: readonly { readonly program: string; readonly printed: readonly string[] }[];
}

const read = (file: string, language: string): Page =>
  readPage(readFileSync(join(root, 'docs', file), 'utf8'), language);

function write(name: string, code: string): WrittenSnippet {
  const folder = join(root, '.cache/side-by-side', name);
  return writeSnippets(
    [{ file: name, snippets: [{ line: 1, code, run: true, needsUsing: false }], problems: [] }],
    folder,
  )[0]!;
}

/** A column of a page's tables: what the compiler says of it, and each of its lines, to be run. */
function column(name: string, setup: string, expressions: readonly string[]) {
  const written = write(name, moduleOf(setup, expressions));
  const mistakes = typeCheck([written]).get(written.path) ?? [];
  const run = async (i: number): Promise<Plain> => {
    const { rows } = (await import(/* @vite-ignore */ pathToFileURL(written.path).href)) as {
      readonly rows: readonly (() => Promise<unknown>)[];
    };
    return plain(await rows[i]!());
  };
  return { mistakes, run };
}

/** What a block prints, line by line. */
async function printedBy(name: string, code: string): Promise<string[]> {
  const lines: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((...words) => void lines.push(JSON.stringify(words)));
  await runSnippet(write(name, code));
  spy.mockRestore();
  return lines;
}

function expectSameLines(got: readonly string[], wanted: readonly string[]): void {
  expect(got.length).toBe(wanted.length);
  for (const [i, line] of got.entries())
    expect(difference(numbersOf(line), numbersOf(wanted[i]!)), `${line} and ${wanted[i]}`).toBeUndefined();
}

describe('docs/pytorch-here.md', () => {
  const { rows, theirs, ours } = read('pytorch-here.md', 'python');
  const golden = JSON.parse(readFileSync(new URL('pytorch.json', import.meta.url), 'utf8')) as Golden;
  const right = column(
    'pytorch',
    ours[0]!.code,
    rows.map((row) => row.ours),
  );

  test('the golden file is of this page: after a change run tools/side-by-side/make-golden.py', () => {
    expect(Object.keys(golden.rows)).toEqual([...new Set(rows.map((row) => row.theirs))]);
    expect(golden.programs.map(({ program }) => program.trim())).toEqual(
      theirs.slice(1).map(({ code }) => code.trim()),
    );
  });

  test('the right column compiles', () => {
    expect(right.mistakes).toEqual([]);
  });

  test.each(rows.map((row, i) => [row.theirs, row.ours, i] as const))('%s', async (wanted, code, i) => {
    expect(difference(await right.run(i), golden.rows[wanted]), code).toBeUndefined();
  });

  test.each(golden.programs.map(({ printed }, i) => [ours[i + 1]!.line, i, printed] as const))(
    'the program at line %i prints the same',
    async (_, i, printed) => {
      expectSameLines(await printedBy(`pytorch-program-${i}`, ours[i + 1]!.code), printed);
    },
  );
});

describe('docs/tfjs-here.md', () => {
  const { rows, theirs, ours } = read('tfjs-here.md', 'ts');
  const left = column(
    'tfjs',
    theirs[0]!.code,
    rows.map((row) => row.theirs),
  );
  const right = column(
    'tfjs-ours',
    ours[0]!.code,
    rows.map((row) => row.ours),
  );

  test('both columns compile', () => {
    expect(left.mistakes).toEqual([]);
    expect(right.mistakes).toEqual([]);
  });

  test.each(rows.map((row, i) => [row.theirs, row.ours, i] as const))('%s', async (_, code, i) => {
    expect(difference(await right.run(i), await left.run(i)), code).toBeUndefined();
  });

  test.each(ours.slice(1).map(({ line }, i) => [line, i] as const))(
    'the program at line %i prints the same',
    async (_, i) => {
      const wanted = await printedBy(`tfjs-program-${i}`, theirs[i + 1]!.code);
      expect(wanted.length).toBeGreaterThan(0);
      expectSameLines(await printedBy(`tfjs-ours-${i}`, ours[i + 1]!.code), wanted);
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
