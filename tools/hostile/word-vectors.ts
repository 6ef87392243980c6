// The readers of word vectors: text and binary, packed and not, as a whole, in chunks and from a file. What was read is searched, too.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readWordVectors, WordVectors, type WordVectorsFormat, writeWordVectors } from '@dl/lm';
import { loadWordVectors } from '@dl/lm/node';
import type { Reader } from './readers.js';

const vectors = new WordVectors(
  ['the', 'é', '12', ',', '\u{1f642}'],
  Float32Array.from({ length: 30 }, (_, i) => Math.sin(i) * 10 ** ((i % 7) - 3)),
);
const file = (format: WordVectorsFormat): Uint8Array =>
  new Uint8Array(Buffer.concat([...writeWordVectors(vectors, { format })]));

const used = (found: WordVectors): void => {
  found.nearest(found.words[0]!, { count: 2 });
};

/** Nobody says how many bytes come. */
function* chunks(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 13) yield bytes.subarray(at, at + 13);
}

const formats: readonly WordVectorsFormat[] = ['text', 'binary', 'glove'];

export const wordVectorReaders: readonly Reader[] = [
  ...formats.flatMap((format): Reader[] => [
    {
      name: `word vectors, ${format}`,
      covers: ['readWordVectors'],
      valid: file(format),
      read: async (bytes) => used(await readWordVectors(bytes)),
    },
    {
      name: `word vectors, ${format} in chunks`,
      covers: ['readWordVectors'],
      valid: file(format),
      read: async (bytes) => used(await readWordVectors(chunks(bytes), { format, lenient: true })),
    },
  ]),
  {
    name: 'word vectors in gzip',
    covers: ['readWordVectors'],
    valid: file('binary'),
    read: async (bytes) => used(await readWordVectors(bytes)),
    cover: { off: (bytes) => bytes, on: (bytes) => new Uint8Array(gzipSync(bytes)) },
  },
  {
    name: 'file of word vectors',
    covers: ['loadWordVectors'],
    valid: file('glove'),
    read: async (bytes, folder) => {
      const path = join(folder, 'vectors.txt');
      await writeFile(path, bytes);
      used(await loadWordVectors(path));
    },
  },
];
