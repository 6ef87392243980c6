// Which packages an entry point loads when it is imported, whatever is done with it then.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { importsOf } from './imports.js';

/** A static import of another package, types included: what compiles a project needs those. */
export interface Loaded {
  readonly from: string;
  /** The file that imports it, relative to the package. */
  readonly path: string;
}

/** What the file at `entry`, and all that it imports without waiting, imports of other packages. */
export function loadedBy(packagePath: string, entry: string): Loaded[] {
  const found: Loaded[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { from, dynamic } of importsOf(file, readFileSync(file, 'utf8'))) {
      if (dynamic) continue;
      if (from.startsWith('.')) visit(sourceOf(join(dirname(file), from)));
      else found.push({ from, path: relative(packagePath, file) });
    }
  };
  visit(join(packagePath, entry));
  return found;
}

const sourceOf = (path: string): string => {
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(source) ? source : path;
};
