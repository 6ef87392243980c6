// Links of Markdown files that lead to other files, and the anchors that they name.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';

export interface Link {
  /** The line, from 1. */
  readonly line: number;
  readonly target: string;
}

/** The links of a text, code aside. */
export function linksOf(text: string): Link[] {
  const links: Link[] = [];
  let fence = '';
  for (const [i, line] of text.split('\n').entries()) {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence === '' && mark !== '') fence = mark;
    else if (fence !== '' && mark.startsWith(fence)) fence = '';
    else if (fence === '') {
      for (const [, target] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g))
        links.push({ line: i + 1, target: target! });
    }
  }
  return links;
}

/** The anchors of a text: its headings, as GitHub writes them. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  let isCode = false;
  for (const line of text.split('\n')) {
    if (/^\s*(`{3,}|~{3,})/.test(line)) isCode = !isCode;
    const heading = isCode ? undefined : /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let anchor = name;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${name}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/**
 * What is wrong with the links of a file, one sentence each.
 *
 * @param file from `root`, with forward slashes
 */
export function brokenLinks(root: string, file: string): string[] {
  const read = (path: string): string => readFileSync(posix.join(root, path), 'utf8');
  return linksOf(read(file)).flatMap(({ line, target }) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#', 2);
    const to = path === '' ? file : posix.join(posix.dirname(file), path);
    const where = `${file}:${line}: ${target}`;
    if (!existsSync(posix.join(root, to))) return [`${where}: there is no ${to}`];
    if (anchor === undefined || statSync(posix.join(root, to)).isDirectory()) return [];
    return to.endsWith('.md') && anchorsOf(read(to)).has(anchor) ? [] : [`${where}: ${to} has no heading of that name`];
  });
}

/**
 * The files that a text names in backticks, with a folder, and that are in none of the places; a star and
 * NAME or FAMILY stand for any name.
 *
 * @param places folders from `root`, with forward slashes
 */
export function missingFiles(text: string, files: readonly string[], places: readonly string[]): string[] {
  const named = text.matchAll(/`((?:[\w.@*-]+\/)+[\w.@*-]*\.(?:ts|mjs|py|md|json|wasm))`/g);
  return [...new Set(Array.from(named, ([, path]) => path!))].filter((path) => {
    const pattern = path.replace(/[.]/g, '\\.').replace(/\*|\bNAME\b|\bFAMILY\b/g, '[^/]*');
    return !places.some((place) => files.some((file) => new RegExp(`^${posix.join(place, pattern)}$`).test(file)));
  });
}
