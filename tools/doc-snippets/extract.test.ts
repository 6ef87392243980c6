// Which blocks are found, where, and which writings are refused.

import { expect, test } from 'vitest';
import { extractFromMarkdown, extractFromSource, usingComment } from './extract.js';

const markdown = (...lines: string[]) => extractFromMarkdown(lines.join('\n'));
const source = (...lines: string[]) => extractFromSource(lines.join('\n'));

test('blocks marked ts are found, with the line on which their code begins', () => {
  const { snippets, problems } = markdown('# Title', '', '```ts', 'const a = 1;', 'const b = 2;', '```', 'End.');
  expect(snippets).toEqual([{ line: 4, code: 'const a = 1;\nconst b = 2;', run: true, needsUsing: false }]);
  expect(problems).toEqual([]);
});

test('ts no-run is found but not run; other languages and bare fences are left alone', () => {
  const { snippets } = markdown('```ts no-run', 'a;', '```', '```sh', 'npm start', '```', '```', 'text', '```');
  expect(snippets).toEqual([{ line: 2, code: 'a;', run: false, needsUsing: false }]);
});

test('a block inside a longer fence is text, and an indented block loses its indent', () => {
  const { snippets } = markdown('````text', '```ts', 'no();', '```', '````', '- item:', '  ```ts', '  yes();', '  ```');
  expect(snippets).toEqual([{ line: 8, code: 'yes();', run: true, needsUsing: false }]);
});

test('a misspelt or unchecked language is a mistake', () => {
  expect(markdown('```js', 'a', '```').problems).toEqual(['line 2: a block marked "js" is not checked: mark it ts.']);
  expect(markdown('```ts norun', 'a', '```').problems).toEqual([
    'line 2: "ts norun" is not known: mark the block "ts" or "ts no-run".',
  ]);
});

test('blocks in doc comments are found, without the stars; other comments and strings are not', () => {
  const { snippets } = source(
    '/* ```ts */',
    "const glob = 'src/**/*.ts';",
    '/**',
    ' * Softplus.',
    ' *',
    ' * @example',
    ' * ```ts',
    ' * if (true) {',
    ' *   softplus(1);',
    ' *',
    ' * }',
    ' * ```',
    ' */',
    'export const x = 1;',
  );
  expect(snippets).toEqual([{ line: 8, code: 'if (true) {\n  softplus(1);\n\n}', run: true, needsUsing: false }]);
});

test('an @example without a block is a mistake', () => {
  const comment = ['/**', ' * @example', ' * softplus(1);', ' * @returns x', ' * ```ts', ' * a;', ' * ```', ' */'];
  expect(source(...comment).problems).toEqual([
    'line 2: @example has no block marked ts: put the code into one, so that it is checked.',
  ]);
});

test('a block that shows `using` says what that needs; only such a block is translated before it runs', () => {
  const block = (...lines: string[]) => markdown('```ts', ...lines, '```');
  expect(block(usingComment, 'using _ = scope();')).toEqual({
    snippets: [{ line: 2, code: `${usingComment}\nusing _ = scope();`, run: true, needsUsing: true }],
    problems: [],
  });
  for (const code of ['using _ = scope();', '{', '  await using file = open();', 'for (using x of list) {}']) {
    const { problems } = block(...(code === '{' ? ['{', '  using model = make();', '}'] : [code]));
    expect(problems).toEqual([expect.stringContaining('line 2: `using` is a syntax error in Node before 24')]);
  }
  for (const code of ['// using x = y in words', 'log("using x = 1");', 'const using = 1;']) {
    expect(block(code).problems).toEqual([]);
    expect(block(usingComment, code).problems).toEqual([expect.stringContaining('has none: take the comment out')]);
  }
});
