// Every link in Markdown leads somewhere, and every page of docs/ is found from its front page.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filesBelow, root } from '../lib/packages.js';
import { anchorsOf, brokenLinks, linksOf, missingFiles } from './links.js';

const files = filesBelow(root);
const pages = files.filter((file) => file.endsWith('.md') && !file.startsWith('docs/api/'));
/** Where the files lie that pages name without saying where: they say so at their beginning. */
const places = [
  '',
  'packages',
  'packages/autograd',
  'packages/autograd/src',
  'packages/kernels-cpu',
  'packages/kernels-cpu/src',
  'packages/layers',
  'packages/layers/src',
];

describe.each(pages)('%s', (file) => {
  test('its links lead somewhere', () => {
    expect(brokenLinks(root, file)).toEqual([]);
  });

  test('the files that it names are there', () => {
    const folder = posix.dirname(file);
    const text = readFileSync(join(root, file), 'utf8');
    expect(missingFiles(text, files, [...places, folder, `${folder}/src`])).toEqual([]);
  });
});

test('docs/README.md leads to every page of docs/, directly or by the index of its folder', () => {
  const linked = (index: string) =>
    linksOf(readFileSync(join(root, index), 'utf8')).map(({ target }) => posix.join(posix.dirname(index), target));
  const found = new Set(['docs/README.md', 'docs/decisions/README.md'].flatMap(linked));
  expect(pages.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md' && !found.has(file))).toEqual([]);
});

test('a decision has the date in its name and below its title, and the three headings', () => {
  for (const file of pages.filter((each) => /^docs\/decisions\/(?!README)/.test(each))) {
    const [, , date, ...lines] = readFileSync(join(root, file), 'utf8').split('\n');
    expect(posix.basename(file)).toMatch(/^\d{4}-\d\d-\d\d-[a-z-]+\.md$/);
    expect(date, file).toMatch(
      new RegExp(`^${posix.basename(file).slice(0, 10)}(, last changed \\d{4}-\\d\\d-\\d\\d)?$`),
    );
    expect(
      lines.filter((line) => line.startsWith('#')),
      file,
    ).toEqual(['## Context', '## Decision', '## Price and alternatives']);
  }
});

test('links in code are none; anchors are those of headings', () => {
  expect(linksOf('[a](b.md) and `[c](d.md)`\n```ts\nx[0](y)\n```\n[e](#f)')).toEqual([
    { line: 1, target: 'b.md' },
    { line: 5, target: '#f' },
  ]);
  expect([...anchorsOf('# A `scope()`, twice\n## [B](c.md)!\n```sh\n# no\n```\n## B!')]).toEqual([
    'a-scope-twice',
    'b',
    'b-1',
  ]);
});

test('a link to nothing, or to no heading, is told with its line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'links-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.md'), '# A\n[up](#a) [web](https://x.y)\n[no](b.md) [nor](#b)\n');
  expect(brokenLinks(folder, 'a.md')).toEqual([
    'a.md:3: b.md: there is no b.md',
    'a.md:3: #b: a.md has no heading of that name',
  ]);
});

test('a file that is named and not there is told; a star is any name', () => {
  const text = 'see `ops/conv2d.ts`, `wasm/*.generated.ts`, `src/a.ts` and `main.js`';
  expect(missingFiles(text, ['p/ops/conv2d.ts', 'wasm/x.generated.ts'], ['', 'p'])).toEqual(['src/a.ts']);
  expect(missingFiles('`ops/a.ts`', ['ops/a-ts', 'ops/a.tsx'], [''])).toEqual(['ops/a.ts']);
});
