// Reads the command line, sets up, and runs the steps of one command, stopping at the first that fails.

import { forwardSignals, run } from './child.mjs';
import { commands, usage } from './commands.mjs';
import { setUp } from './set-up.mjs';

/** @param {string[]} argv what stands after `run.mjs`, e.g. `['start', '--quick']` */
export async function main(argv) {
  const [name = '', ...rest] = argv;
  const steps = commands[name];
  if (!steps) {
    console.error(name ? `There is no command "${name}". ${usage()}` : usage());
    process.exitCode = 1;
    return;
  }
  // npm takes the first `--` away; one that is still there was typed after `node tools/run.mjs`.
  const args = rest[0] === '--' ? rest.slice(1) : rest;

  const stop = forwardSignals();
  try {
    process.exitCode = (needsSetUp(name) ? await setUp() : 0) || (await runAll(steps(args)));
  } finally {
    stop();
  }
}

/** pnpm is what changes the set-up. @param {string} command */
const needsSetUp = (command) => command !== 'pnpm';

/** @param {import('./commands.mjs').Step[]} steps */
async function runAll(steps) {
  for (const { file, args, ...options } of steps) {
    const code = await run(file, args, options);
    if (code !== 0) return code;
  }
  return 0;
}
