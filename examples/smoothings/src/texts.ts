// The texts that are counted: the documentation of this project, or files.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text, or a list of them, of which the last tenth is held back. */
export interface Corpus {
  readonly name: string;
  readonly training: readonly string[];
  readonly test: readonly string[];
  /** Whether each text has a begin and an end. */
  readonly isList: boolean;
}

const root = join(import.meta.dirname, '../../..');

/** The READMEs of the packages, one after another. */
export function documentation(): Corpus {
  const packages = readdirSync(join(root, 'packages')).sort();
  const files = packages
    .map((folder) => join(root, 'packages', folder, 'README.md'))
    .filter((file) => existsSync(file));
  return oneText('documentation', files.map((file) => readFileSync(file, 'utf8')).join('\n'));
}

/** A file as one text. */
export function textFile(name: string, path: string): Corpus {
  return oneText(name, readFileSync(path, 'utf8'));
}

/** A file with a text in each line. */
export function listFile(name: string, path: string): Corpus {
  const lines = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const border = Math.floor(0.9 * lines.length);
  return { name, training: lines.slice(0, border), test: lines.slice(border), isList: true };
}

function oneText(name: string, text: string): Corpus {
  const border = Math.floor(0.9 * text.length);
  return { name, training: [text.slice(0, border)], test: [text.slice(border)], isList: false };
}
