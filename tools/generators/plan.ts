// What a generator does, as data: files to write, and lines to add to files that exist.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Insertion {
  readonly file: string;
  readonly line: string;
  /** Where: before the first line that matches, after the last one that does, or at the end of the file. */
  readonly at: { readonly before: RegExp } | { readonly after: RegExp } | 'end';
}

export interface Plan {
  /** New files, by path from the root. */
  readonly files: Readonly<Record<string, string>>;
  readonly insertions: readonly Insertion[];
  /** What is left to do, one sentence each. */
  readonly next: readonly string[];
}

/** Carries a plan out; nothing is written when a file exists already or a place for a line is not found. */
export function applyPlan(root: string, { files, insertions, next }: Plan): string {
  for (const file of Object.keys(files)) {
    if (existsSync(join(root, file)))
      throw new Error(`${file} exists already; choose another name, or remove it first`);
  }
  const changed = new Map<string, string>();
  for (const insertion of insertions) {
    const path = join(root, insertion.file);
    changed.set(path, insert(changed.get(path) ?? readFileSync(path, 'utf8'), insertion));
  }
  for (const [file, content] of Object.entries(files)) changed.set(join(root, file), content);
  for (const [path, content] of changed) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return [
    ...Object.keys(files).map((file) => `wrote ${file}`),
    ...insertions.map(({ file }) => `added a line to ${file}`),
    ...next,
  ].join('\n');
}

function insert(content: string, { file, line, at }: Insertion): string {
  const lines = content.split('\n');
  if (at === 'end') return `${content.trimEnd()}\n${line}\n`;
  const index =
    'before' in at
      ? lines.findIndex((text) => at.before.test(text))
      : lines.findLastIndex((text) => at.after.test(text)) + 1;
  if (index < 0 || ('after' in at && index === 0))
    throw new Error(`${file}: found no place for the line '${line.trim()}'`);
  return lines.toSpliced(index, 0, line).join('\n');
}

/** `scaledTanh` → `scaled-tanh`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-/, '');
}

/** True, or what is wrong with a name. */
export function checkName(name: string, first: 'lower' | 'upper'): true | string {
  const right = first === 'lower' ? /^[a-z][A-Za-z0-9]*$/ : /^[A-Z][A-Za-z0-9]*$/;
  const example = first === 'lower' ? 'scaledTanh' : 'ScaledTanh';
  return right.test(name) || `'${name}' is not a name in the form of ${example}`;
}
