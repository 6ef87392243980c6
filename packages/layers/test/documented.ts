// What is asked of the documentation of a package of layers: an example for each export, in its comment.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Tests that the comment of each name, in the sources below the folder of `url`, has an example that imports it. */
export function exampleTests(url: string, names: readonly string[]): void {
  const folder = new URL('.', url);
  const sources = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'));

  /** The comment before the declaration of a name. */
  function commentOf(name: string): string {
    const declaration = new RegExp(`\\*/\\nexport (abstract )?(class|(?:async )?function|const) ${name}\\b`);
    const source = sources.find((each) => declaration.test(each));
    if (source === undefined) return '';
    const end = source.search(declaration);
    return source.slice(source.lastIndexOf('/**', end), end);
  }

  test.each(names)('%s has an example', (name) => {
    const comment = commentOf(name);
    expect(comment).toContain('@example');
    expect(comment).toMatch(new RegExp(`import \\{[^}]*\\b${name}\\b`));
  });
}
