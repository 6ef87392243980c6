// Pixels as a PNG data URI: the smallest form in which an SVG holds a picture that every viewer can read.

import { encode } from 'fast-png';

/**
 * @param data width · height · channels bytes, row by row.
 * @param channels 1 (grey) or 3 (red, green, blue).
 */
export function pngDataUri(data: Uint8Array, width: number, height: number, channels: 1 | 3): string {
  const bytes = encode({ width, height, data, channels, depth: 8 }, { zlib: { level: 9 } });
  let binary = '';
  for (let i = 0; i < bytes.length; i++) binary += String.fromCharCode(bytes[i]!);
  return `data:image/png;base64,${btoa(binary)}`;
}
