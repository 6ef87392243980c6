// What makes set-up run again, and what does not.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workspaceState } from './state.mjs';

let root: string;

const write = (file: string, text: string) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dl-state-'));
  write('package.json', '{}');
  write('pnpm-lock.yaml', 'lockfileVersion: 9');
  write('packages/a/package.json', '{}');
});

afterEach(() => rmSync(root, { recursive: true }));

test.each([
  ['the lockfile', 'pnpm-lock.yaml'],
  ['the workspace file', 'pnpm-workspace.yaml'],
  ['the root package.json', 'package.json'],
  ['a package', 'packages/a/package.json'],
  ['a new example', 'examples/b/package.json'],
])('%s changes the state', (_, file) => {
  const before = workspaceState(root, '20.19.0');
  write(file, '{ "changed": true }');
  expect(workspaceState(root, '20.19.0')).not.toBe(before);
});

test('another Node changes the state', () => {
  expect(workspaceState(root, '26.0.0')).not.toBe(workspaceState(root, '20.19.0'));
});

test('sources do not change the state', () => {
  const before = workspaceState(root, '20.19.0');
  write('packages/a/src/index.ts', 'export {};');
  expect(workspaceState(root, '20.19.0')).toBe(before);
});
