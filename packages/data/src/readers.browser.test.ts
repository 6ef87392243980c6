// Readers, downloads, decoders and batches in a real browser.

import { FormatError, Generator } from '@dl/autograd';
import { expect, it } from 'vitest';
import { fetchBytes } from './checked.js';
import { padSequences } from './collate.js';
import { gunzip } from './gzip.js';
import { decodeImage } from './images.js';
import { parseCsv } from './readers/csv.js';
import { decodeText } from './readers/text.js';
import { streamLoader } from './stream.js';

it('reads what it fetches, checked', async () => {
  const blob = new Blob(['a,b\n1,2\n']).stream().pipeThrough(new CompressionStream('gzip'));
  const url = URL.createObjectURL(await new Response(blob).blob());
  const table = parseCsv(decodeText(await gunzip(await fetchBytes(url))));
  expect(table.numbers('b').data).toEqual(Float64Array.of(2));
  await expect(fetchBytes(url, { bytes: 3 })).rejects.toThrow(FormatError);
  await expect(fetchBytes(url, { sha256: '00'.repeat(32) })).rejects.toThrow('has the SHA-256');
});

it('decodes PNG and JPEG to the pixels that Node decodes them to', async () => {
  const golden: Record<string, { bytes: string; shape: number[]; data: number[] }> = await (
    await fetch(new URL('../golden/images.json', import.meta.url))
  ).json();
  for (const [name, most] of [
    ['rgb.png', 0],
    ['progressive.jpg', 3],
  ] as const) {
    const { bytes, shape, data } = golden[name]!;
    const image = decodeImage(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
    expect(image.shape).toEqual(shape);
    expect(Math.max(...data.map((value, i) => Math.abs(value - image.data[i]!)))).toBeLessThanOrEqual(most);
  }
});

it('streams padded batches', async () => {
  const batches = streamLoader([[1], [2, 2], [3, 3, 3], [4]], {
    batchSize: 2,
    bucketBy: (sequence) => sequence.length,
    generator: new Generator(1),
    collate: (some) => padSequences(some).values.shape,
  });
  const shapes: string[] = [];
  for await (const shape of batches) shapes.push(String(shape));
  expect(shapes.sort()).toEqual(['2,1', '2,3']);
});
