// Every code block in a README, a guide or a doc comment compiles, and runs as plain JavaScript on the Node of the tests.

import { describe, expect, test } from 'vitest';
import { collectDocuments } from './collect.js';
import { runSnippet } from './run.js';
import { typeCheck } from './type-check.js';
import { writeSnippets } from './write.js';

const documents = collectDocuments();
const snippets = writeSnippets(documents);
const mistakes = typeCheck(snippets);

test('every block is written so that it is checked', () => {
  expect(documents.flatMap(({ file, problems }) => problems.map((problem) => `${file}, ${problem}`))).toEqual([]);
});

describe.each(documents.filter((document) => document.snippets.length > 0))('$file', ({ file }) => {
  test.each(snippets.filter((snippet) => snippet.file === file))('line $line', async (snippet) => {
    expect(mistakes.get(snippet.path) ?? []).toEqual([]);
    if (snippet.run) await runSnippet(snippet);
  });
});
