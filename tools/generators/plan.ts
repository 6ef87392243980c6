// What a generator does, as data: files to write, lines to add to files that exist, and what is generated anew from them.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Insertion {
  readonly file: string;
  readonly line: string;
  /**
   * Where: before the first line that matches, after the last one that does, at the end of the file, or within the first line
   * that matches, before its last `|`.
   */
  readonly at: { readonly before: RegExp } | { readonly after: RegExp } | { readonly within: RegExp } | 'end';
}

/** A file that a script of the repository writes from the sources, or from the package.json files. */
export type Generated = 'packages/autograd/src/tensor/tensor.ts' | 'docs/coverage.md' | 'pnpm-lock.yaml';

export interface Plan {
  /** New files, by path from the root. */
  readonly files: Readonly<Record<string, string>>;
  readonly insertions: readonly Insertion[];
  readonly generated: readonly Generated[];
  /** What is left to do, one sentence each. */
  readonly next: readonly string[];
}

/** A command that cannot be carried out, in one sentence. */
export class Refusal extends Error {
  override name = 'Refusal';
}

/** Carries a plan out, but for what is generated; nothing is written when a file exists already or a place for a line is not found. */
export function applyPlan(root: string, plan: Plan): void {
  const { files, insertions } = plan;
  for (const file of Object.keys(files)) {
    if (existsSync(join(root, file)))
      throw new Refusal(`${file} exists already; choose another name, or remove it first`);
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
}

/** The files that get lines. */
export const filesWithLines = ({ insertions }: Plan): string[] => [...new Set(insertions.map(({ file }) => file))];

/** `writes 2 files, adds lines to 3, and generates 1 anew`: what the recipes say, and a test counts. */
export function countsOf(plan: Plan): string {
  const files = Object.keys(plan.files).length;
  const lines = filesWithLines(plan).length;
  const parts = [
    ...(files === 0 ? [] : [`writes ${files} ${files === 1 ? 'file' : 'files'}`]),
    `adds lines to ${lines}${files === 0 ? ' files' : ''}`,
    ...(plan.generated.length === 0 ? [] : [`generates ${plan.generated.length} anew`]),
  ];
  return parts.length < 3 ? parts.join(' and ') : `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}`;
}

function insert(content: string, { file, line, at }: Insertion): string {
  const lines = content.split('\n');
  if (at === 'end') return `${content.trimEnd()}\n${line}\n`;
  const index =
    'after' in at
      ? lines.findLastIndex((text) => at.after.test(text)) + 1 || -1
      : lines.findIndex((text) => ('before' in at ? at.before : at.within).test(text));
  if (index < 0) throw new Refusal(`${file}: found no place for the line '${line.trim()}'`);
  if (!('within' in at)) return lines.toSpliced(index, 0, line).join('\n');
  return lines.with(index, lines[index]!.replace(/ ?\|\s*$/, ` ${line} |`)).join('\n');
}
