import { expect, test } from 'vitest';
import { turnLinks } from './links.js';

const pages = new Map([
  ['docs/coverage.md', 'documents/coverage.html'],
  ['packages/data', 'modules/_dl_data.html'],
]);
const turned = (markdown: string, folder = 'packages/optim'): string =>
  turnLinks(markdown, folder, (path) => pages.get(path));

test('a link to something that has a page leads to the page, anchor included', () => {
  expect(turned('see [coverage](../../docs/coverage.md#gpu).')).toBe('see [coverage](documents/coverage.html#gpu).');
  expect(turned('[`@dl/data`](packages/data/)', '')).toBe('[`@dl/data`](modules/_dl_data.html)');
});

test('a link to something without a page becomes its text', () => {
  expect(turned('by [a script](golden/steps.py), once')).toBe('by a script, once');
});

test('links to other places stay', () => {
  const text = '[PyTorch](https://pytorch.org) and [below](#below)';
  expect(turned(text)).toBe(text);
});
