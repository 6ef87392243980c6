// All files of the workspace that show code, with the blocks in them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, isTest, root } from '../lib/packages.js';
import { type Extract, extractFromMarkdown, extractFromSource } from './extract.js';

export interface Document extends Extract {
  /** The path from the root of the workspace. */
  file: string;
}

/** The documents that have a block to check, or a mistake to report. */
export function collectDocuments(): Document[] {
  const files = filesBelow(root);
  const documents = [
    ...files.filter(isGuide).map((file) => ({ file, ...extractFromMarkdown(read(file)) })),
    ...files.filter(isSource).map((file) => ({ file, ...extractFromSource(read(file)) })),
  ];
  return documents.filter(({ snippets, problems }) => snippets.length + problems.length > 0);
}

const read = (file: string) => readFileSync(join(root, file), 'utf8');

const isGuide = (file: string) => /(^|\/)README\.md$|^CONTRIBUTING\.md$|^docs\/.*\.md$/.test(file);

const isSource = (file: string) => /^(packages\/[^/]+\/src|examples)\/.*\.ts$/.test(file) && !isTest(file);
