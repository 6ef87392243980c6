// What the network reads: the documentation of this project, which every clone has, or a file.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** Sentences of the documentation: 40,000 characters without code and tables, in plain letters: what a small network has to learn first is how words are written. */
export function documentation(): string {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => (entry.isDirectory() ? below(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]));
  const packages = readdirSync(join(root, 'packages')).sort();
  const pages = [...below('docs'), ...packages.map((folder) => `packages/${folder}/README.md`)];
  const prose = pages
    .map((page) => join(root, page))
    .filter((path) => path.endsWith('.md') && existsSync(path))
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .replaceAll(/```[\s\S]*?```/g, '')
        .split('\n')
        .filter((line) => /^[A-Z]/.test(line) && line.length > 30),
    );
  const plain = prose.join('\n').replaceAll(/[^\n -~]|[`*[\](){}|#<>=_/\\]/g, '');
  return plain.slice(0, 40_000);
}

/** A file in UTF-8. */
export const textOf = (path: string): string => readFileSync(path, 'utf8');
