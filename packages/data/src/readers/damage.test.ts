// Files that are cut off or changed anywhere: each reader either reads what came or says in one sentence what is wrong.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { DlError, FormatError, Generator } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../gzip.js';
import { parseIdx, parseIdxGz } from '../idx.js';
import { decodeImage } from '../images.js';
import { parseCifar } from './cifar.js';
import { parseConllu, parseTagged } from './conllu.js';
import { parseCsv } from './csv.js';
import { decodeText } from './text.js';

const golden: Record<string, { bytes: string }> = JSON.parse(
  readFileSync(new URL('../../golden/images.json', import.meta.url), 'utf8'),
);
const word = (id: number, form: string, head: number) => `${id}\t${form}\t${form}\tNOUN\t_\t_\t${head}\tdep\t_\t_`;
const idx = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6);
const text = (content: string) => new TextEncoder().encode(content);

type Reader = (bytes: Uint8Array) => unknown;
const wholes: [string, Uint8Array, Reader][] = [
  ['IDX', idx, parseIdx],
  ['IDX with gzip', gzipSync(idx), parseIdxGz],
  ['gzip', gzipSync('a line\n'.repeat(40)), gunzip],
  ['CIFAR', new Uint8Array(2 * 3073).fill(7), (bytes) => parseCifar(bytes)],
  ...Object.entries(golden).map(([name, { bytes }]): [string, Uint8Array, Reader] => [
    name,
    new Uint8Array(Buffer.from(bytes, 'base64')),
    (some) => decodeImage(some),
  ]),
];
const texts: [string, Uint8Array, Reader][] = [
  ['CSV', text('name,size\n"a, ""b""",1\nc,2.5\n'), (bytes) => parseCsv(decodeText(bytes)).numbers('size')],
  [
    'CoNLL-U',
    text(`# text = é\n${word(1, 'é', 2)}\n${word(2, 'b', 0)}\n\n`),
    (bytes) => parseConllu(decodeText(bytes)),
  ],
  ['tagged words', text('a\tX\nb\tY\n\n'), (bytes) => parseTagged(decodeText(bytes))],
];

const outcome = async (read: Reader, bytes: Uint8Array): Promise<unknown> => {
  try {
    await read(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
};
const expectSentence = (error: unknown): void => {
  expect(error).toBeInstanceOf(DlError);
  expect((error as Error).message).toMatch(/^(parse|decode|gunzip|table)\w*: [^\n]+$/);
};

describe('cut off', () => {
  it.each(wholes)('%s: nowhere is a part taken for the whole', async (name, bytes, read) => {
    expect(await outcome(read, bytes)).toBeUndefined();
    // Of a JPEG the end-of-image marker, two bytes, may be missing: every pixel is there.
    const most = name.endsWith('.jpg') ? bytes.length - 2 : bytes.length;
    // One record of two is a file of CIFAR, and fewer than two bytes are no gzip, which is handed on as it is.
    const lengths = Array.from({ length: most }, (_, length) => length).filter(
      (length) => !(name === 'CIFAR' && length === 3073) && !(name === 'gzip' && length < 2),
    );
    for (const length of lengths) {
      const error = await outcome(read, bytes.subarray(0, length));
      expect(error, `cut at ${length}`).toBeInstanceOf(FormatError);
      expectSentence(error);
    }
  });

  it.each(texts)('%s: a part is read, or refused in a sentence', async (_, bytes, read) => {
    for (let length = 0; length < bytes.length; length++) {
      const error = await outcome(read, bytes.subarray(0, length));
      if (error !== undefined) expectSentence(error);
    }
  });
});

describe('changed', () => {
  it.each([...wholes, ...texts])('%s: read, or refused in a sentence', async (_, bytes, read) => {
    const random = new Generator(3);
    for (let trial = 0; trial < 300; trial++) {
      const changed = bytes.slice();
      for (let k = 0; k < 1 + (trial % 3); k++) {
        // Half of the changes where the headers are.
        const at = random.integer(0, trial % 2 === 0 ? Math.min(64, bytes.length) : bytes.length);
        changed[at] = random.integer(0, 256);
      }
      const error = await outcome(read, changed);
      if (error !== undefined) expectSentence(error);
    }
  });

  it('a PNG with any byte changed is refused: it carries checksums', async () => {
    const bytes = new Uint8Array(Buffer.from(golden['rgb.png']!.bytes, 'base64'));
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 + (at % 255);
      expect(await outcome((some) => decodeImage(some), changed), `byte ${at}`).toBeInstanceOf(FormatError);
    }
  });
});
