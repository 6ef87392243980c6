// Checks what users get, not what is in the repository: packs every public package, installs the tarballs into an empty
// project, and there type-checks, runs and bundles. `npm run pack-check`; with `-- --keep` the project stays to be looked at.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspacePackages } from '../lib/packages.js';
import { bundleForBrowser } from './bundle.js';
import { checkTypes, installCompilers } from './compilers.js';
import { runConsumer, writeConsumer } from './consumer.js';
import { installTarballs } from './install.js';
import { lintTarball } from './lint-tarball.js';
import { buildAndPack } from './pack.js';
import { typescripts } from './supported.js';
import { checkTwoCopies } from './two-copies.js';

const keep = process.argv.includes('--keep');
const folder = mkdtempSync(join(tmpdir(), 'dl-pack-check-'));

/** Runs one step; a failed one is told and counted, and the steps that do not need it go on. */
const failures: string[] = [];
async function step<T>(name: string, work: () => T | Promise<T>): Promise<T | undefined> {
  const started = performance.now();
  try {
    const result = await work();
    console.log(`ok      ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    failures.push(name);
    console.error(`FAILED  ${name}\n${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

async function main() {
  const publicPackages = workspacePackages().filter(({ manifest }) => !manifest.private);
  const [packages, empty] = [true, false].map((filled) =>
    publicPackages.filter(({ path }) => existsSync(join(path, 'src/index.ts')) === filled),
  ) as [typeof publicPackages, typeof publicPackages];
  for (const { manifest } of empty) console.log(`left out ${manifest.name}: it has no src/index.ts yet`);

  const tarballs = await step('build and pack', () => buildAndPack(packages, folder));
  if (!tarballs) return;
  for (const tarball of tarballs) await step(`publint and attw: ${tarball.manifest.name}`, () => lintTarball(tarball));

  const project = await step('install into an empty project', () => installTarballs(tarballs, join(folder, 'project')));
  if (!project) return;
  const consumer = writeConsumer(project, packages);
  await step('install every TypeScript', installCompilers);
  for (const version of typescripts)
    await step(`types under TypeScript ${version}`, () => checkTypes(project, version, consumer.sources));
  await step('run in Node', () => runConsumer(project, consumer));
  await step('two copies of @dl/autograd', () => checkTwoCopies(project));
  const sizes = await step('bundle for the browser', () => bundleForBrowser(project, packages));
  if (sizes) console.log(sizes);
}

await main();
if (keep) console.log(`Kept: ${folder}`);
else rmSync(folder, { recursive: true, force: true });
if (failures.length > 0) {
  console.error(`${failures.length} of the steps failed: ${failures.join('; ')}.`);
  process.exitCode = 1;
}
