#!/usr/bin/env node
// Builds the package gl, OpenGL for Node, for the tests of @dl/kernels-gpu: npm run build-gl. Nothing else needs it, and nothing
// builds it on install. It takes a C++ compiler and the libraries named below, and one or two minutes.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '../run/paths.mjs';

const needs = 'build-essential python3 pkg-config libxi-dev libxext-dev libgl1-mesa-dev libglu1-mesa-dev xvfb';

const fromPackage = createRequire(join(root, 'packages/kernels-gpu/package.json'));
const fromGpuJs = createRequire(fromPackage.resolve('gpu.js'));
const glFolder = dirname(fromGpuJs.resolve('gl/package.json'));

if (isBuilt() && !process.argv.includes('--force')) {
  console.log('gl is built already.');
} else {
  build();
}

function isBuilt() {
  try {
    fromGpuJs('gl');
    return true;
  } catch {
    return false;
  }
}

function build() {
  // The headers that came with this Node: node-gyp would download them otherwise.
  const nodeFolder = dirname(dirname(process.execPath));
  if (!existsSync(join(nodeFolder, 'include/node/node.h'))) {
    stop(
      `this Node came without its headers (${join(nodeFolder, 'include/node/node.h')}); install them, on Debian with "apt-get install libnode-dev"`,
    );
    return;
  }
  const nodeGyp = createRequire(join(glFolder, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  console.log('Building gl …');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [nodeGyp, 'rebuild', `--nodedir=${nodeFolder}`, '--jobs=max'],
    { cwd: glFolder, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status === 0 && isBuilt()) {
    console.log('gl is built. Its tests need a display: run them as "xvfb-run -a npm test -- packages/kernels-gpu".');
    return;
  }
  console.error(`${stdout}${stderr}`.split('\n').slice(-40).join('\n'));
  stop(`what it needs on Debian: apt-get install ${needs}`);
}

/** @param {string} reason */
function stop(reason) {
  console.error(`gl was not built: ${reason}.`);
  process.exitCode = 1;
}
