// The README's table of what is supported, beside what package.json files say and what the checks run.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Manifest, readJson, root, workspacePackages } from '../lib/packages.js';
import { browserNeeds, typescripts } from './supported.js';

/** The rows of the table whose head names the oldest versions: what, and from which version on. */
function table(): Map<string, string> {
  const lines = readFileSync(join(root, 'README.md'), 'utf8').split('\n');
  const head = lines.findIndex((line) => /^\| runs on \|/.test(line));
  const end = lines.indexOf('', head);
  return new Map(
    lines.slice(head + 2, end).map((line) => {
      const [, what = '', oldest = ''] = line.split('|').map((cell) => cell.trim());
      return [what, oldest];
    }),
  );
}

const numbers = (versions: string): number[] => versions.split('.').map(Number);

test('Node is as old as every package.json allows', () => {
  const engines = [root, ...workspacePackages().map(({ path }) => path)].map(
    (path) => readJson<Manifest & { engines?: { node?: string } }>(join(path, 'package.json')).engines?.node,
  );
  expect(new Set(engines)).toEqual(new Set([`>=${table().get('Node')}`]));
});

test('TypeScript is checked from the oldest version on, every one up to that of the workspace', () => {
  const { devDependencies } = readJson<{ devDependencies: Record<string, string> }>(join(root, 'package.json'));
  expect(typescripts[0].replace(/\.\d+$/, '')).toBe(table().get('TypeScript'));
  expect(typescripts.at(-1)).toBe(devDependencies.typescript);
  for (const [i, version] of typescripts.slice(1).entries()) {
    const [major, minor] = numbers(version);
    const [majorBefore, minorBefore] = numbers(typescripts[i]!);
    // 6.0 came after 5.9.
    expect(major === majorBefore ? minor : major! * 10 + minor!).toBe(
      major === majorBefore ? minorBefore! + 1 : majorBefore! * 10 + minorBefore! + 1,
    );
  }
});

test('browsers are the oldest that have all that the code needs', () => {
  const oldest = (name: 'chrome' | 'firefox' | 'safari') => Math.max(...browserNeeds.map((need) => need[name]));
  expect(table().get('Chrome and Edge')).toBe(String(oldest('chrome')));
  expect(table().get('Firefox')).toBe(String(oldest('firefox')));
  expect(table().get('Safari')).toBe(String(oldest('safari')));
});

test('the code has no newer language than that of those browsers', () => {
  const base = readFileSync(join(root, 'tsconfig.base.json'), 'utf8');
  const { target, lib } = (JSON.parse(base) as { compilerOptions: { target: string; lib: string[] } }).compilerOptions;
  const needs = browserNeeds.map(({ what }) => what as string);
  expect(needs).toContain(target);
  // Symbol.dispose is asked for, never needed: without it a class has a method of another name.
  const language = lib.filter((name) => name.startsWith('ES') && name !== 'ESNext.Disposable');
  expect(language).toEqual(['ES2023']);
  expect(needs).toContain(language[0]);
});
