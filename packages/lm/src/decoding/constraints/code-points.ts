// Sets of code points, as sorted ranges: what a class of a pattern stands for.

/** The last code point there is. */
export const LAST = 0x10ffff;

/** Ranges [first, last, first, last, …], sorted, apart from one another, without the surrogates, which no text in UTF-8 has. */
export type CodePoints = readonly number[];

/** Ranges in any order become a set. */
export function codePoints(ranges: readonly (readonly [number, number])[]): CodePoints {
  const sorted = ranges
    .flatMap(([first, last]) => [[first, Math.min(last, 0xd7ff)] as const, [Math.max(first, 0xe000), last] as const])
    .filter(([first, last]) => first <= last)
    .sort(([a], [b]) => a - b);
  const all: number[] = [];
  for (const [first, last] of sorted) {
    const end = all.length - 1;
    if (end > 0 && first <= all[end]! + 1) all[end] = Math.max(all[end]!, last);
    else all.push(first, last);
  }
  return all;
}

export const one = (point: number): CodePoints => codePoints([[point, point]]);

/** All that are in none of the sets. */
export function allBut(set: CodePoints): CodePoints {
  const ranges: [number, number][] = [];
  let from = 0;
  for (let i = 0; i < set.length; i += 2) {
    ranges.push([from, set[i]! - 1]);
    from = set[i + 1]! + 1;
  }
  ranges.push([from, LAST]);
  return codePoints(ranges);
}

/** All that are in one of the sets. */
export function union(sets: readonly CodePoints[]): CodePoints {
  const ranges: [number, number][] = [];
  for (const set of sets) for (let i = 0; i < set.length; i += 2) ranges.push([set[i]!, set[i + 1]!]);
  return codePoints(ranges);
}

/** Whether some code point from `first` to `last` is in the set. */
export function meets(set: CodePoints, first: number, last: number): boolean {
  let low = 0;
  let high = set.length / 2;
  // The first range that does not end before `first`.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[2 * middle + 1]! < first) low = middle + 1;
    else high = middle;
  }
  return low < set.length / 2 && set[2 * low]! <= last;
}

export const digits = /* @__PURE__ */ codePoints([[0x30, 0x39]]);
export const wordCharacters = /* @__PURE__ */ codePoints([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
/** What JavaScript's `\s` is. */
export const spaces = /* @__PURE__ */ codePoints([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
export const lineEnds = /* @__PURE__ */ codePoints([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);

const properties = new Map<string, CodePoints>();

/** The set of a Unicode property, such as `L` or `Script=Greek`, as the platform knows it; undefined for what is none. */
export function property(name: string): CodePoints | undefined {
  let set = properties.get(name);
  if (set === undefined) {
    let pattern: RegExp;
    try {
      pattern = new RegExp(`^\\p{${name}}$`, 'u');
    } catch {
      return undefined;
    }
    const ranges: [number, number][] = [];
    for (let point = 0; point <= LAST; point++) {
      if (!pattern.test(String.fromCodePoint(point))) continue;
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === point - 1) last[1] = point;
      else ranges.push([point, point]);
    }
    set = codePoints(ranges);
    properties.set(name, set);
  }
  return set;
}
