// Relative links of a README, as they must be in the reference.

import { posix } from 'node:path';

/** Where the pages of a path of the repository are; undefined for what has no page. */
export type PageOf = (path: string) => string | undefined;

/**
 * Markdown with each relative link turned to its page; a link to what has no page becomes its text alone.
 *
 * @param folder of the file, from the root of the repository: `packages/data`, or `` for the root.
 */
export function turnLinks(markdown: string, folder: string, pageOf: PageOf): string {
  return markdown.replace(/\[([^\]]*)\]\((?!https?:|#)([^)\s]+)\)/g, (_, text: string, target: string) => {
    const [path, anchor] = target.split('#', 2) as [string, string?];
    const page = pageOf(posix.join(folder, path).replace(/\/$/, ''));
    if (page === undefined) return text;
    return `[${text}](${page}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}
