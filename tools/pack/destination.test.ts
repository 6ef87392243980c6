// Where `npm run pack` puts the packages, and what it says of arguments that name no folder.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { destination, UsageError } from './destination.js';

const here = mkdtempSync(join(tmpdir(), 'dl-destination-'));
afterAll(() => rmSync(here, { recursive: true }));

test('a relative folder begins where the user is, and is made', () => {
  expect(destination(['some/where'], here)).toBe(join(here, 'some/where'));
  expect(existsSync(join(here, 'some/where'))).toBe(true);
});

test('an absolute folder, also one that exists', () => {
  expect(destination([here], '/elsewhere')).toBe(here);
});

writeFileSync(join(here, 'file'), '');
test.each<[string[], RegExp]>([
  [[], /^pack was given no folder: name one folder .* npm run pack -- \.\.\/packed$/],
  [[''], /^pack was given no folder/],
  [['a', 'b c'], /^pack was given 2 folders, "a", "b c": name one folder/],
  [['--dry-run', 'a'], /^pack has no option "--dry-run"/],
  [['file'], /file is a file, or below one: name one folder/],
  [['file/below'], /file\/below is a file, or below one/],
])('%j is refused', (args, message) => {
  expect(() => destination(args, here)).toThrow(UsageError);
  expect(() => destination(args, here)).toThrow(message);
});
