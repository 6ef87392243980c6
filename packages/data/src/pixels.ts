// What the decoders of images share: what they give, and what they refuse before they begin.

import { FormatError } from '@dl/autograd';

/** Pixels one after the other, `samples` bytes each: grey, grey and alpha, colours, colours and alpha. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly samples: number;
  readonly width: number;
  readonly height: number;
}

/** Says what is wrong with a file; decodeImage puts the name of the file and its format in front. */
export class Refusal extends FormatError {}

export const damaged = (why: string): Refusal => new Refusal(`is damaged or cut off: ${why}; get the file again`);

/** Refuses what is larger than the caller wants to hold. */
export function checkPixels(width: number, height: number, maxPixels: number): void {
  if (width === 0 || height === 0) throw damaged(`its header promises ${width} x ${height} pixels`);
  if (width * height > maxPixels) {
    throw new Refusal(
      `has ${width} x ${height} pixels by its header, more than the ${maxPixels} of maxPixels; if it is to be read, set maxPixels higher`,
    );
  }
}

/** Refuses a header that promises more than the file's bytes can hold, however well they are packed. */
export function checkCapacity(width: number, height: number, needed: number, available: number): void {
  if (needed <= available) return;
  throw damaged(
    `its header promises ${width} x ${height} pixels, which take at least ${Math.ceil(needed)} bytes, but the file has ${available}`,
  );
}
