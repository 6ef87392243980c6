// Bundles the installed packages for a browser, as an application would, and reports how much each weighs.

import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import type { WorkspacePackage } from '../lib/packages.js';
import { entryPoints, isForNode } from './entry-points.js';

/** What is loaded at once, and what may be loaded later. */
interface Weighed {
  readonly atOnce: readonly Uint8Array[];
  readonly later: readonly Uint8Array[];
}

/** Returns a table of sizes. A Node built-in that would be loaded at start is an error. */
export async function bundleForBrowser(project: string, packages: readonly WorkspacePackage[]): Promise<string> {
  const entries = packages.flatMap(({ manifest }) => entryPoints(manifest)).filter((entry) => !isForNode(entry));
  const rows: string[] = [];
  for (const entry of entries) rows.push(row(entry, await bundle(project, [entry], othersThan(entry))));
  rows.push(row('all together', await bundle(project, entries, [])));
  return ['         minified      gzip     later   (a package without its @dl peers)', ...rows].join('\n');
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

async function bundle(
  project: string,
  entries: readonly string[],
  plugins: NonNullable<BuildOptions['plugins']>,
): Promise<Weighed> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: entries.map((entry, i) => `export * as m${i} from '${entry}';`).join('\n'),
      resolveDir: project,
    },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    plugins,
    outdir: project,
    absWorkingDir: project,
    logLevel: 'silent',
  });
  const atOnce = new Set(['stdin.js']);
  for (const file of atOnce) {
    for (const { path, kind } of metafile.outputs[file]?.imports ?? [])
      if (kind === 'import-statement') atOnce.add(path);
  }
  const builtIns = [...atOnce].filter((path) => path.startsWith('node:'));
  if (builtIns.length > 0) {
    throw new Error(
      `${entries.join(', ')} loads ${builtIns.join(', ')} at start, which no browser has: import it dynamically.`,
    );
  }
  const isAtOnce = (path: string) => atOnce.has(relative(project, path).replaceAll('\\', '/'));
  return {
    atOnce: outputFiles.filter(({ path }) => isAtOnce(path)).map(({ contents }) => contents),
    later: outputFiles.filter(({ path }) => !isAtOnce(path)).map(({ contents }) => contents),
  };
}

function row(name: string, { atOnce, later }: Weighed): string {
  const kilobytes = (files: readonly Uint8Array[], size: (file: Uint8Array) => number) =>
    `${(files.reduce((sum, file) => sum + size(file), 0) / 1000).toFixed(1)} kB`.padStart(9);
  const zipped = (file: Uint8Array) => gzipSync(file).length;
  return `        ${kilobytes(atOnce, (file) => file.length)} ${kilobytes(atOnce, zipped)} ${kilobytes(later, zipped)}   ${name}`;
}
