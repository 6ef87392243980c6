// Bundles the installed packages for a browser, as an application would, and reports how much each weighs.

import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import type { WorkspacePackage } from '../lib/packages.js';
import { entryPoints, isForNode } from './entry-points.js';

/** Returns a table of sizes. A Node built-in that would be loaded at start is an error. */
export async function bundleForBrowser(project: string, packages: readonly WorkspacePackage[]): Promise<string> {
  const entries = packages.flatMap(({ manifest }) => entryPoints(manifest)).filter((entry) => !isForNode(entry));
  const rows: string[] = [];
  for (const entry of entries) rows.push(row(entry, await bundle(project, [entry], othersThan(entry))));
  rows.push(row('all together', await bundle(project, entries, [])));
  return ['        minified   gzip   (a package without its @dl peers)', ...rows].join('\n');
}

/** A package is weighed alone: its peers have lines of their own. */
const othersThan = (entry: string): NonNullable<BuildOptions['plugins']> => {
  const own = entry.split('/', 2).join('/');
  return [
    {
      name: 'peers-outside',
      setup({ onResolve }) {
        onResolve({ filter: /^@dl\// }, ({ path }) =>
          path === own || path.startsWith(`${own}/`) ? null : { path, external: true },
        );
      },
    },
  ];
};

async function bundle(project: string, entries: readonly string[], plugins: NonNullable<BuildOptions['plugins']>) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: entries.map((entry, i) => `export * as m${i} from '${entry}';`).join('\n'),
      resolveDir: project,
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    plugins,
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  const builtIns = output!.imports.filter(({ path, kind }) => path.startsWith('node:') && kind === 'import-statement');
  if (builtIns.length > 0) {
    const names = builtIns.map(({ path }) => path).join(', ');
    throw new Error(`${entries.join(', ')} loads ${names} at start, which no browser has: import it dynamically.`);
  }
  return outputFiles[0]!.contents;
}

function row(name: string, bytes: Uint8Array): string {
  const kilobytes = (count: number) => `${(count / 1000).toFixed(1)} kB`.padStart(9);
  return `        ${kilobytes(bytes.length)} ${kilobytes(gzipSync(bytes).length)}   ${name}`;
}
