// `npm run pack -- FOLDER`: builds every package and packs it into a folder, from which npm installs it as it will from the
// registry. The way to the packages until they are published.

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { publicPackages } from '../lib/packages.js';
import { buildAndPack, type Tarball } from '../pack-check/pack.js';
import { destination, UsageError } from './destination.js';

/** @param from where a relative folder begins */
function pack([from = '', ...args]: readonly string[]): void {
  const folder = destination(args, from);
  console.log('Building …');
  const tarballs = buildAndPack(publicPackages(), folder);
  console.log(`Packed ${tarballs.length} packages into ${folder}:`);
  for (const { tarball } of tarballs) {
    console.log(`  ${`${(statSync(tarball).size / 1000).toFixed(0)} kB`.padStart(8)}  ${basename(tarball)}`);
  }
  const plain = tarballs.filter((each) => !needsOthers(each));
  const others = tarballs.filter(needsOthers).map(({ manifest }) => manifest.name);
  const paths = plain.map(({ tarball }) => (/[^\w./:\\-]/.test(tarball) ? `"${tarball}"` : tarball));
  console.log(
    `\nIn a project of yours, with "type": "module" in its package.json:\n\n  npm install ${paths.join(' ')}\n`,
  );
  console.log('These, or the few that you need: the README of each package says which.');
  console.log(`Left out of the line are those that need other libraries: ${others.join(', ')}.`);
}

const needsOthers = ({ manifest }: Tarball): boolean =>
  Object.keys(manifest.peerDependencies ?? {}).some((name) => !name.startsWith('@dl/'));

try {
  pack(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}
