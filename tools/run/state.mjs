// A hash of everything that decides what an installation looks like.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root of the workspace
 * @param {string} nodeVersion
 */
export function workspaceState(root, nodeVersion) {
  const hash = createHash('sha256').update(nodeVersion);
  for (const file of installFiles(root)) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** @param {string} root */
function installFiles(root) {
  const manifests = ['packages', 'examples'].flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    return readdirSync(join(root, folder))
      .sort()
      .map((name) => `${folder}/${name}/package.json`);
  });
  return ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests].filter((file) =>
    existsSync(join(root, file)),
  );
}
