// The commands of the workspace. Each is a list of programs of node_modules, run by this very Node.

import { join } from 'node:path';
import { nodeModules, root, startedIn } from './paths.mjs';
import { pnpm } from './pnpm.mjs';

/** @typedef {{ file: string, args: string[], env?: Record<string, string>, shell?: boolean }} Step */

/** Resolves workspace imports to source, so that nothing is built before it runs. */
const fromSource = ['--conditions=@dl/source', '--import', 'tsx'];

/**
 * @param {string} path of a program in node_modules
 * @param {string[]} args
 * @returns {Step}
 */
const tool = (path, args) => ({ file: process.execPath, args: [join(nodeModules, path), ...args] });

/**
 * @param {string} path of a TypeScript file in this repository
 * @param {string[]} args
 * @returns {Step}
 */
const script = (path, args) => ({ file: process.execPath, args: [...fromSource, join(root, path), ...args] });

/**
 * Under pnpm, because turbo looks for it.
 *
 * @param {string[]} args
 * @returns {Step}
 */
const turbo = (args) => ({ ...pnpm(['exec', 'turbo', ...args]), env: { TURBO_TELEMETRY_DISABLED: '1' } });

/** @type {Record<string, (args: string[]) => Step[]>} */
export const commands = {
  start: (args) => [script('examples/lenet/src/main.ts', args)],
  test: (args) => [tool('vitest/vitest.mjs', ['run', ...args])],
  bench: (args) => [script('bench/main.ts', args)],
  differential: (args) => [script('tools/differential/run.ts', args)],
  hostile: (args) => [script('tools/hostile/run.ts', args)],
  mutate: (args) => [script('tools/mutation/run.ts', args)],
  lint: (args) => [
    tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', ...args]),
    script('tools/boundaries/main.ts', []),
  ],
  format: (args) => [tool('@biomejs/biome/bin/biome', ['check', '--write', ...args])],
  types: (args) => [tool('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json', ...args])],
  docs: (args) => [script('tools/api-docs/write.ts', args)],
  build: (args) => [turbo(['run', 'build', ...args])],
  'build-gl': (args) => [{ file: process.execPath, args: [join(root, 'tools/gl/build.mjs'), ...args] }],
  // Paths on its command line are relative to where the user is, and programs run in the root.
  pack: (args) => [script('tools/pack/main.ts', [startedIn, ...args])],
  'pack-check': (args) => [script('tools/pack-check/main.ts', args)],
  'first-minutes': (args) => [script('tools/first-minutes/main.ts', args)],
  lm: (args) => [script('tools/lm/main.ts', [startedIn, ...args])],
  gen: (args) => [script('tools/generators/main.ts', args)],
  changeset: (args) => [tool('@changesets/cli/bin.js', args)],
  turbo: (args) => [turbo(args)],
  pnpm: (args) => [pnpm(args)],
};

export const usage = () => `Commands: ${Object.keys(commands).join(', ')}. Arguments after -- go to the command.`;
