// The layer rules of the workspace, applied to one package. Each problem is one sentence: where, what, and what to do.

import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { filesBelow, isTest, type Manifest, type WorkspacePackage } from '../lib/packages.js';
import { checkCircles } from './circles.js';
import { type Import, importsOf } from './imports.js';
import { commandLayers, layers, withoutDependencies } from './layers.js';

/** A source file, its path relative to the package: `src/ops/relu.ts`. */
export interface SourceFile {
  path: string;
  text: string;
}

export function checkPackage(workspacePackage: WorkspacePackage): string[] {
  const files = filesBelow(join(workspacePackage.path, 'src'))
    .filter((file) => file.endsWith('.ts') && !isTest(file))
    .map((file) => ({ path: `src/${file}`, text: readFileSync(join(workspacePackage.path, 'src', file), 'utf8') }));
  const { folder, manifest } = workspacePackage;
  return [...check(folder, manifest, files), ...checkCircles(folder, files)];
}

export function check(folder: string, manifest: Manifest, files: readonly SourceFile[]): string[] {
  const allowed = layers[folder];
  if (!allowed) {
    return [
      `packages/${folder} has no line in tools/boundaries/layers.ts: add one that says which packages it may import.`,
    ];
  }
  return [
    ...checkManifest(folder, manifest),
    ...files.flatMap(({ path, text }) =>
      importsOf(path, text).flatMap((imported) => {
        const problem = checkImport({ folder, manifest, allowed, path, imported });
        return problem ? [`packages/${folder}/${path}:${imported.line}: ${problem}`] : [];
      }),
    ),
  ];
}

function checkManifest(folder: string, { dependencies = {} }: Manifest): string[] {
  const names = Object.keys(dependencies);
  const problems: string[] = [];
  for (const name of names.filter((each) => each.startsWith('@dl/'))) {
    problems.push(
      `packages/${folder}/package.json: ${name} is a dependency: make it a peer dependency, so that programs have one copy.`,
    );
  }
  if (withoutDependencies.includes(folder) && names.length > 0) {
    problems.push(
      `packages/${folder}/package.json: @dl/${folder} promises no run-time dependency but has ${names.join(', ')}: do without.`,
    );
  }
  return problems;
}

interface Case {
  folder: string;
  manifest: Manifest;
  allowed: readonly string[];
  path: string;
  imported: Import;
}

function checkImport({ folder, manifest, allowed, path, imported: { from, dynamic } }: Case): string | undefined {
  if (from.startsWith('.')) {
    const inside = posix.join(dirname(path), from).startsWith('src/');
    return inside ? undefined : `"${from}" is outside src: import another package by its name.`;
  }
  if (isBuiltin(from)) {
    if (dynamic || isForNode(path)) return undefined;
    return `"${from}" exists in Node only: import it in a node.ts entry point, or dynamically where it is needed.`;
  }
  const name = packageOf(from);
  const isOptional = manifest.peerDependenciesMeta?.[name]?.optional === true;
  if (isOfCommand(path) && isOptional && [...allowed, ...(commandLayers[folder] ?? [])].includes(name.slice(4))) {
    if (dynamic) return undefined;
    return `${name} is an optional peer of @dl/${folder}: import it dynamically where the command needs it, and say what to install where it is not there.`;
  }
  if (name.startsWith('@dl/') && !allowed.includes(name.slice(4))) {
    const may = allowed.length > 0 ? `only ${allowed.map((each) => `@dl/${each}`).join(', ')}` : 'no other package';
    return `@dl/${folder} may import ${may}, not ${name}: hand it in as an argument, or move what is shared up.`;
  }
  if (!(name in { ...manifest.dependencies, ...manifest.peerDependencies })) {
    return `${name} is neither a dependency nor a peer dependency of @dl/${folder}: declare it in its package.json.`;
  }
  return undefined;
}

/** A file of a command. */
const isOfCommand = (path: string): boolean => /(^|\/)command\//.test(path);

/** An entry point for Node (`node.ts`, `terminal.ts`), or a file in a folder that belongs to one (`node/…`) or to a command (`command/…`). */
const isForNode = (path: string): boolean => /(^|\/)((node|terminal)(\.ts$|\/)|command\/)/.test(path);

/** `@dl/autograd/samples` is in `@dl/autograd`. */
const packageOf = (from: string): string => from.split('/', from.startsWith('@') ? 2 : 1).join('/');
