// That a bundle holds the tokenisers that it names, and no others.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { sourceCondition } from '../../../../tools/vitest/source.js';
import * as lm from '../index.js';

const kinds = Object.entries(lm).flatMap(([name, value]) => (Object.hasOwn(value, 'fromState') ? [name] : []));

/** The kinds that are in a bundle of one export, by what they say of states. */
async function kindsIn(name: string): Promise<string[]> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { ${name} } from './index.js'; console.log(${name});`,
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: [sourceCondition],
    external: ['node:*'],
    logLevel: 'silent',
  });
  return kinds.filter((kind) => outputFiles[0]!.text.includes(`${kind}.fromState`));
}

test('there are kinds', () => {
  expect(kinds).toEqual(expect.arrayContaining(['ByteTokenizer', 'CharacterTokenizer', 'WordTokenizer']));
});

test.each(kinds)('%s comes alone', async (kind) => {
  expect(await kindsIn(kind)).toEqual([kind]);
});

test('a vocabulary brings none, and what reads states of any kind brings all', async () => {
  expect(await kindsIn('Vocabulary')).toEqual([]);
  expect(await kindsIn('tokenizerFromState')).toEqual(kinds);
});
