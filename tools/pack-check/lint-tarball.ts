// Asks publint and "are the types wrong" about one tarball.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { readJson, root } from '../lib/packages.js';
import { execNode } from './exec.js';
import type { Tarball } from './pack.js';

export async function lintTarball({ tarball }: Tarball): Promise<void> {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
  });
  const problems = messages.filter(({ type }) => type !== 'suggestion');
  if (problems.length > 0) throw new Error(problems.map((each) => `publint: ${formatMessage(each, pkg)}`).join('\n'));

  execNode(program('@arethetypeswrong/cli', 'attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii'], {
    cwd: root,
  });
}

function program(name: string, bin: string): string {
  const folder = join(root, 'node_modules', name);
  return join(folder, readJson<{ bin: Record<string, string> }>(join(folder, 'package.json')).bin[bin]!);
}
