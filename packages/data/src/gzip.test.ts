import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { gunzip } from './gzip.js';
import { parseIdxGz } from './idx.js';

const caught = (act: Promise<unknown>): Promise<unknown> => act.catch((error: unknown) => error);

/** Many zeros packed, and nonsense where they should end: whoever unpacks all of it comes upon it. */
function endless(start: Uint8Array, length: number): Uint8Array {
  const packed = gzipSync(Buffer.concat([start, Buffer.alloc(length)]));
  return new Uint8Array(packed.fill(0xff, packed.length >> 1));
}

describe('gunzip', () => {
  it('unpacks up to maxBytes, and not a byte more', async () => {
    const text = Buffer.from('a line\n'.repeat(10_000));
    const packed = gzipSync(text);
    expect(Buffer.from(await gunzip(packed, { maxBytes: text.length }))).toEqual(text);
    expect(await caught(gunzip(packed, { maxBytes: text.length - 1 }))).toEqual(
      new FormatError(
        `gunzip: the gzip data (${packed.length} bytes) unpack to more than 69999 bytes; if that is meant, set maxBytes higher`,
      ),
    );
    expect(await caught(gunzip(packed, { maxBytes: -1 }))).toEqual(
      new ArgumentError('gunzip: maxBytes is -1, needs a whole number of at least 0'),
    );
  });

  it('ends at the first byte too many', async () => {
    const few = endless(Uint8Array.of(), 200_000_000);
    expect(((await caught(gunzip(few))) as Error).message).toContain(`more than ${2 ** 26} bytes`);
    expect(((await caught(gunzip(few, { maxBytes: 9 }))) as Error).message).toContain('more than 9 bytes');
  });

  it('of an IDX file unpacks what its header promises', async () => {
    expect(await caught(parseIdxGz(endless(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3), 50_000_000)))).toEqual(
      new FormatError(
        'parseIdxGz: the header promises 3 elements of uint8, 3 bytes, but more follow; cut the rest off, or get the file again',
      ),
    );
    const text = (await caught(parseIdxGz(endless(Buffer.from('text'), 50_000_000)))) as Error;
    expect(text.message).toContain('parseIdxGz: the bytes begin with 74 65 78 74');
  });
});
