// One README, followed to the letter by someone who has Node and nothing else.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractFromMarkdown } from '../doc-snippets/extract.js';
import { root } from '../lib/packages.js';
import { installLines } from '../pack/readmes.js';
import { run } from './programs.js';

// A native build of minutes, which its README says how to go without; the example then runs on the CPU.
const leftOut = /^gpu\.js@/;

/** Makes a project for a README beside `packed`, and tries its first example there. Returns what was done, for people to read. */
export async function tryReadme(readme: string, folder: string): Promise<string[]> {
  const text = readFileSync(join(root, readme), 'utf8');
  const project = join(folder, readme.replace(/\/?README\.md$/, '').replace('/', '-') || 'root');
  mkdirSync(project);
  if (text.includes('npm init -y')) {
    await run('npm', ['init', '-y'], { cwd: project });
    await run('npm', ['pkg', 'set', 'type=module'], { cwd: project });
  } else {
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n');
  }

  const line = installLines(text).find((words) => words.includes('../packed/'));
  if (line === undefined) throw new Error(`${readme} does not say how to install from ../packed.`);
  const words = line.split(/\s+/).filter((word) => !leftOut.test(word));
  await run('npm', ['install', ...words], { cwd: project });

  const [first] = extractFromMarkdown(text).snippets;
  if (first === undefined) throw new Error(`${readme} has no example.`);
  writeFileSync(join(project, 'main.js'), `${first.code}\n`);
  const output = await run('node', ['main.js'], { cwd: project });

  // With the settings that `tsc --init` writes; stricter ones, and older compilers, are for pack-check.
  writeFileSync(join(project, 'main.ts'), `${first.code}\n`);
  await run('tsc', ['--init'], { cwd: project });
  const typeRoots = join(root, 'node_modules/@types');
  await run('tsc', ['-p', '.', '--noEmit', '--types', 'node', '--typeRoots', typeRoots], { cwd: project });

  const printed = output.trim().split('\n');
  return [
    `npm install ${words.join(' ')}`,
    `node main.js   # line ${first.line} of the README; ${printed.length} lines, the last: ${printed.at(-1)!.slice(0, 80)}`,
    'tsc -p .',
  ];
}
