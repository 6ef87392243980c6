// Where a Chromium is looked for.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findChromium } from './chromium.js';

const empty = mkdtempSync(join(tmpdir(), 'dl-no-chromium-'));
const full = mkdtempSync(join(tmpdir(), 'dl-chromium-'));
const program = join(full, 'chromium');
writeFileSync(program, '');
chmodSync(program, 0o755);
afterAll(() => {
  for (const folder of [empty, full]) rmSync(folder, { recursive: true });
});

test('the first one on PATH is taken, and none is no error', () => {
  expect(findChromium({ PATH: [empty, full].join(delimiter) })).toBe(program);
  expect(findChromium({ PATH: empty })).toBeUndefined();
  expect(findChromium({})).toBeUndefined();
});

test('DL_CHROMIUM comes before PATH, and has to be a program', () => {
  expect(findChromium({ DL_CHROMIUM: program, PATH: empty })).toBe(program);
  expect(() => findChromium({ DL_CHROMIUM: join(empty, 'chromium'), PATH: full })).toThrow(
    /^DL_CHROMIUM is ".*chromium", which is no program file: set it to that of a Chromium, or unset it\.$/,
  );
});
