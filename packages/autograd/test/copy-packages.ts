// Real second copies of packages: their sources in another folder, importing each other there.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const packages = fileURLToPath(new URL('../..', import.meta.url));

/** Copies what the names say into `folder`, as of another version if one is given. Packages that are not named stay the ones that others have. */
export function copyPackages(folder: string, names: readonly string[], version?: string): void {
  for (const name of names) {
    const target = join(folder, name, 'src');
    mkdirSync(target, { recursive: true });
    cpSync(join(packages, name, 'src'), target, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    for (const file of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const path = join(target, file);
      const text = readFileSync(path, 'utf8');
      const changed = text.replaceAll(/(?<=from ')@dl\/([a-z-]+)(?=')/g, (_, other: string) => {
        const at = names.includes(other) ? folder : packages;
        const from = relative(join(path, '..'), join(at, other, 'src/index.ts')).replaceAll('\\', '/');
        return from.startsWith('.') ? from : `./${from}`;
      });
      writeFileSync(path, version !== undefined && file === 'version.ts' ? withVersion(changed, version) : changed);
    }
  }
}

const withVersion = (text: string, version: string): string => text.replace(/'\d+\.\d+\.\d+'/, `'${version}'`);

/** Loads the copy of a package. */
export function importCopy<M>(folder: string, name: string): Promise<M> {
  return import(/* @vite-ignore */ pathToFileURL(join(folder, name, 'src/index.ts')).href) as Promise<M>;
}
