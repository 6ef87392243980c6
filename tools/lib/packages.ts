// The workspace as data: its root, its packages, their source files.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** The part of a package.json that the tools read. */
export interface Manifest {
  name: string;
  version?: string;
  private?: boolean;
  exports?: Record<string, unknown>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** A folder of `packages/`. */
export interface WorkspacePackage {
  /** The folder's name, e.g. `kernels-cpu` for `@dl/kernels-cpu`. */
  folder: string;
  path: string;
  manifest: Manifest;
}

export function workspacePackages(workspace = root): WorkspacePackage[] {
  return readdirSync(join(workspace, 'packages'))
    .map((folder) => ({ folder, path: join(workspace, 'packages', folder) }))
    .filter(({ path }) => existsSync(join(path, 'package.json')))
    .map(({ folder, path }) => ({ folder, path, manifest: readJson<Manifest>(join(path, 'package.json')) }));
}

/** The packages that are published: those with something to publish that are not private. */
export function publicPackages(workspace = root): WorkspacePackage[] {
  return workspacePackages(workspace).filter(
    ({ path, manifest }) => !manifest.private && existsSync(join(path, 'src/index.ts')),
  );
}

/** The files below a folder, as paths relative to it with forward slashes; what git never has is left out. */
export function filesBelow(folder: string, prefix = ''): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) return [];
    const name = `${prefix}${entry.name}`;
    return entry.isDirectory() ? filesBelow(join(folder, entry.name), `${name}/`) : [name];
  });
}

export const isTest = (file: string): boolean => /\.test(-d)?\.ts$/.test(file);

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
