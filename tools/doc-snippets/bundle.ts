// All packages of the workspace in a few files. A block gets fresh packages: of some four hundred files, that would take most of its time.

import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { publicPackages, root } from '../lib/packages.js';
import { sourceCondition } from '../vitest/source.js';

const folder = join(root, '.cache/doc-snippets-packages');

/** The file of each entry, such as `@dl/data/node`. */
export async function bundlePackages(): Promise<ReadonlyMap<string, string>> {
  const sources = publicPackages().flatMap(({ path, manifest: { name, exports = {} } }) =>
    Object.entries(exports).flatMap(([entry, target]) => {
      const source = (target as Readonly<Record<string, string>>)[sourceCondition];
      return source === undefined ? [] : [[`${name}${entry.slice(1)}`, join(path, source)] as const];
    }),
  );
  const fileOf = (name: string): string => name.slice(1).replaceAll('/', '-');
  rmSync(folder, { recursive: true, force: true });
  await build({
    entryPoints: Object.fromEntries(sources.map(([name, path]) => [fileOf(name), path])),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: [sourceCondition],
    // Layers print by the names of their classes.
    keepNames: true,
    plugins: [
      {
        name: 'what is installed stays where it is',
        setup: ({ onResolve, resolve }) => {
          onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, pluginData }) => {
            if (pluginData === resolving || path.startsWith('@dl/') || path.startsWith('node:')) return undefined;
            const found = await resolve(path, { kind, resolveDir: dirname(importer), pluginData: resolving });
            return { ...found, external: true };
          });
        },
      },
    ],
  });
  return new Map(sources.map(([name]) => [name, join(folder, `${fileOf(name)}.js`)]));
}

const resolving = Symbol('resolving');
