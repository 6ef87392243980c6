// Ways in which a file is not what it was: cut off, with bits flipped, with numbers in it that lie, with parts that come twice.

import { Generator } from '@dl/autograd';

/** Numbers that a header may lie with, as the last bytes of eight. */
const lies = [0n, 1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** What texts are made of where they mean something to their readers. */
const signs = [
  '"',
  "'",
  ',',
  '\t',
  '\n',
  '\r\n',
  '\u0000',
  '{',
  '}',
  '[',
  ']',
  ':',
  '-',
  '.',
  '_',
  '#',
  '=',
  '1e999',
  '-0',
].concat([
  'NaN',
  'null',
  '__proto__',
  'constructor',
  '\uFEFF',
  '\u2028',
  '{"$number":"__proto__"}',
  '{"$tensor":1}',
  '9'.repeat(40),
]);

type Way = (bytes: Uint8Array, random: Generator) => Uint8Array;

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
/** A place: half of the time where headers are. */
const place = (bytes: Uint8Array, random: Generator): number =>
  random.integer(0, 1 + (random.uniform(0, 1) < 0.5 ? Math.min(64, bytes.length) : bytes.length));

const cutOff: Way = (bytes, random) => bytes.slice(0, random.integer(0, bytes.length + 1));

const flipped: Way = (bytes, random) => {
  const copy = bytes.slice();
  for (let k = random.integer(1, 9); k > 0 && copy.length > 0; k--) {
    copy[Math.min(place(bytes, random), copy.length - 1)]! ^= 1 << random.integer(0, 8);
  }
  return copy;
};

const lying: Way = (bytes, random) => {
  const copy = bytes.slice();
  const width = 2 ** random.integer(0, 4);
  const lie = lies[random.integer(0, lies.length)]!;
  const isLittle = random.uniform(0, 1) < 0.5;
  const at = place(bytes, random);
  for (let k = 0; k < width; k++) {
    const byte = Number((lie >> BigInt(8 * (isLittle ? k : width - 1 - k))) & 255n);
    if (at + k < copy.length) copy[at + k] = byte;
  }
  return copy;
};

const repeated: Way = (bytes, random) => {
  const from = place(bytes, random);
  const part = bytes.slice(from, from + random.integer(1, 200));
  const at = place(bytes, random);
  const times = 2 ** random.integer(0, 9);
  return joined(bytes.slice(0, at), ...new Array<Uint8Array>(times).fill(part), bytes.slice(at));
};

const cutOut: Way = (bytes, random) => {
  const at = place(bytes, random);
  return joined(bytes.slice(0, at), bytes.slice(at + random.integer(1, 64)));
};

const filledIn: Way = (bytes, random) => {
  const at = place(bytes, random);
  const isText = random.uniform(0, 1) < 0.7;
  const part = isText
    ? new TextEncoder().encode(signs[random.integer(0, signs.length)]!.repeat(2 ** random.integer(0, 6)))
    : Uint8Array.from({ length: random.integer(1, 64) }, () => random.integer(0, 256));
  return joined(bytes.slice(0, at), part, bytes.slice(at + (random.uniform(0, 1) < 0.5 ? part.length : 0)));
};

const ways: readonly Way[] = [cutOff, flipped, lying, repeated, cutOut, filledIn];

/** One to three changes; the same for the same number. */
export function mutate(bytes: Uint8Array, trial: number): Uint8Array {
  const random = new Generator(trial);
  // A copy: what slice gives of a Buffer is the same memory.
  let changed: Uint8Array = new Uint8Array(bytes);
  for (let k = random.integer(1, 4); k > 0; k--) changed = ways[random.integer(0, ways.length)]!(changed, random);
  return changed;
}
