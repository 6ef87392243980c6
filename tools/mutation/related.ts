// Which test files see a source file: those that import it; first those that name what it exports, then near ones.

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
   * The test files of a package that reach a file. Through an index everything is seen by everyone: those that name what the file
   * exports come first. Then by the number of imports between.
   */
  testsOf(file: string, tests: readonly string[]): string[] {
    const names = exportsOf(readFileSync(join(this.#root, file), 'utf8'));
    const found = tests.flatMap((test) => {
      const distance = this.#distance(test, file);
      return distance === undefined
        ? []
        : [
            {
              test,
              distance: distance - (dirname(test) === dirname(file) ? 1 : 0),
              isNamed: names.test(readFileSync(join(this.#root, test), 'utf8')),
            },
          ];
    });
    return found
      .sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || a.distance - b.distance || a.test.localeCompare(b.test))
      .map(({ test }) => test);
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

/** Finds one of the names that a text exports; nothing where it exports none. */
function exportsOf(text: string): RegExp {
  const names = [...text.matchAll(/^export (?:abstract )?(?:class|function|const) (\w+)/gm)].map(([, name]) => name);
  return names.length === 0 ? /(?!)/ : new RegExp(`\\b(?:${names.join('|')})\\b`);
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
