// No file that is or may be committed is tied to the machine it was written on.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../lib/packages.js';
import { type Finding, findAddresses, findMachineTies } from './find.js';

const shell = process.platform === 'win32';

/** Tracked files, and new ones that git does not ignore. */
function committableFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const files = list.split('\0').filter(Boolean);
  return files.filter((file) => existsSync(join(root, file)) && statSync(join(root, file)).isFile());
}

function registryHost(): string[] {
  const address = execFileSync('npm', ['config', 'get', 'registry'], {
    cwd: root,
    encoding: 'utf8',
    shell,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
  return URL.canParse(address) ? [new URL(address).host] : [];
}

const describe = (file: string, findings: Finding[]) => findings.map(({ line, what }) => `${file}:${line}: ${what}`);

test.skipIf(!existsSync(join(root, '.git')))('no file names a machine path or a registry host', () => {
  const hosts = registryHost();
  const found = committableFiles().flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return text.includes('\0') ? [] : describe(file, findMachineTies(text, hosts, root));
  });
  expect(found).toEqual([]);
});

test('the lockfile names no address', () => {
  expect(describe('pnpm-lock.yaml', findAddresses(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')))).toEqual([]);
});
