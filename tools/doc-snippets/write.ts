// Writes each block to a file of its own, in an ignored folder inside the workspace so that its imports resolve.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../lib/packages.js';
import type { Document } from './collect.js';
import type { Snippet } from './extract.js';

export interface WrittenSnippet extends Snippet {
  /** The document that shows it. */
  file: string;
  /** Where it was written. */
  path: string;
}

export function writeSnippets(
  documents: readonly Document[],
  folder = join(root, '.cache/doc-snippets'),
): WrittenSnippet[] {
  rmSync(folder, { recursive: true, force: true });
  return documents.flatMap(({ file, snippets }) =>
    snippets.map((snippet) => {
      const path = join(folder, file, `line-${snippet.line}.ts`);
      mkdirSync(dirname(path), { recursive: true });
      // The blank lines make an error's line number that of the document.
      writeFileSync(path, `${'\n'.repeat(snippet.line - 1)}${snippet.code}\n`);
      return { ...snippet, file, path };
    }),
  );
}
