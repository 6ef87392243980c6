// Which test files see a source file: those that import it, near ones first.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { importsOf } from '../boundaries/imports.js';

/** The files of a workspace, and what each of them imports. */
export class ImportGraph {
  readonly #root: string;
  readonly #imports = new Map<string, readonly string[]>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The test files of a package that reach a file, by the number of imports between. An import of `@dl/NAME` counts as a long way:
   * through the index everything is seen by everyone.
   */
  testsOf(file: string, tests: readonly string[]): string[] {
    const found = tests.flatMap((test) => {
      const distance = this.#distance(test, file);
      return distance === undefined ? [] : [{ test, distance: distance - (dirname(test) === dirname(file) ? 1 : 0) }];
    });
    return found.sort((a, b) => a.distance - b.distance || a.test.localeCompare(b.test)).map(({ test }) => test);
  }

  #distance(from: string, to: string): number | undefined {
    const seen = new Set([from]);
    let edge = [from];
    for (let distance = 0; edge.length > 0; distance++) {
      if (edge.includes(to)) return distance;
      edge = edge.flatMap((file) => this.#importsOf(file)).filter((file) => !seen.has(file) && seen.add(file));
    }
    return undefined;
  }

  #importsOf(file: string): readonly string[] {
    const known = this.#imports.get(file);
    if (known !== undefined) return known;
    const imports = importsOf(file, readFileSync(join(this.#root, file), 'utf8')).flatMap(({ from }) => {
      const target = this.#target(file, from);
      return target === undefined ? [] : [target];
    });
    this.#imports.set(file, imports);
    return imports;
  }

  #target(file: string, from: string): string | undefined {
    const own = /^@dl\/([\w-]+)(?:\/(.+))?$/.exec(from);
    const stem = own
      ? join(this.#root, 'packages', own[1]!, 'src', own[2] ?? 'index')
      : from.startsWith('.')
        ? resolve(this.#root, dirname(file), from.replace(/\.js$/, ''))
        : undefined;
    if (stem === undefined) return undefined;
    const path = [`${stem}.ts`, stem].find((path) => path.endsWith('.ts') && existsSync(path));
    return path === undefined ? undefined : relative(this.#root, path);
  }
}

/** The test files in Node of the packages, relative to the root. */
export function testFiles(root: string, packages: readonly string[]): string[] {
  return packages
    .flatMap((name) => [`packages/${name}/src`, `packages/${name}/test`])
    .flatMap((folder) => sourceFiles(root, folder))
    .filter((path) => path.endsWith('.test.ts') && !path.endsWith('.browser.test.ts'));
}

/** Every TypeScript file under a folder, in order. */
export function sourceFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .sort();
}
