// The first five minutes of a new user, from packed tarballs: `npm run first-minutes`. Packs as the READMEs say, then for each README
// makes an empty project outside the workspace, installs by the line that stands there, runs the first example as plain
// JavaScript on this Node, and type-checks it as TypeScript. With `-- --keep` the projects stay to be looked at.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicPackages, root } from '../lib/packages.js';
import { run } from './programs.js';
import { tryReadme } from './try-readme.js';

const keep = process.argv.includes('--keep');
const started = performance.now();
const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`.padStart(6);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dl-first-minutes-')));
const failed: string[] = [];

try {
  console.log(`Node ${process.versions.node}, in ${folder}`);
  await run('npm', ['run', '--silent', 'pack', '--', join(folder, 'packed')], { cwd: root });
  console.log(`${seconds()}  npm run pack -- ../packed`);

  const waiting = ['README.md', ...publicPackages().map((each) => `packages/${each.folder}/README.md`)];
  const takeOver = async (): Promise<void> => {
    for (let readme = waiting.shift(); readme !== undefined; readme = waiting.shift()) {
      try {
        const lines = await tryReadme(readme, folder);
        console.log([`${seconds()}  ${readme}`, ...lines.map((line) => `          ${line}`)].join('\n'));
      } catch (error) {
        failed.push(readme);
        console.error(`FAILED  ${readme}\n${error instanceof Error ? error.message : error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, takeOver));
} finally {
  if (keep) console.log(`Kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
if (failed.length > 0) {
  console.error(`${failed.length} of the READMEs failed: ${failed.join(', ')}.`);
  process.exitCode = 1;
} else {
  console.log(`${seconds()}  every first example ran as JavaScript, and compiles as TypeScript`);
}
