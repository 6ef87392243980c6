// Which source file each entry point of each package is.

import { join } from 'node:path';
import { type Manifest, workspacePackages } from '../lib/packages.js';

/** An entry point, such as `@dl/data/node`, and its source. */
export interface EntrySource {
  readonly name: string;
  readonly file: string;
}

export function sourcesOfEntryPoints(packages = workspacePackages()): EntrySource[] {
  return packages.flatMap(({ path, manifest: { name, exports = {} } }) =>
    Object.entries(exports as Record<string, Manifest | string>).flatMap(([key, conditions]) => {
      const source = (conditions as { '@dl/source'?: string })['@dl/source'];
      return source === undefined ? [] : [{ name: name + key.slice(1), file: join(path, source) }];
    }),
  );
}
