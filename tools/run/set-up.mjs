// Installs the packages from the lockfile, once: a stamp in node_modules says what was installed, and by which Node.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { nodeModules, root } from './paths.mjs';
import { pinnedPnpm, pnpm } from './pnpm.mjs';
import { workspaceState } from './state.mjs';

const stamp = join(nodeModules, '.dl-setup');

/** Makes the workspace ready. Resolves to an exit code: 0 when it is. */
export async function setUp() {
  const state = workspaceState(root, process.versions.node);
  if (readStamp() === state) return 0;

  console.log(`Setting up, once: ${pinnedPnpm()} installs what the lockfile names (under a minute) …`);
  const started = Date.now();
  let output = '';
  const { file, args, shell } = pnpm(['install', '--frozen-lockfile']);
  const code = await run(file, args, {
    shell,
    onOutput: (text) => {
      output += text;
    },
  });
  if (code !== 0) {
    console.error(output.trimEnd());
    console.error(
      `Set-up stopped: "pnpm install" ended with code ${code}, and said what is above. ` +
        'If a package.json was edited, "npm run pnpm -- install" brings the lockfile up to date.',
    );
    return code;
  }
  writeFileSync(stamp, state);
  console.log(`Ready after ${Math.round((Date.now() - started) / 1000)} s.`);
  return 0;
}

function readStamp() {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined;
  }
}
