// Whether two outcomes agree, and if not, where they are furthest apart.

import type { Numbers, Outcome, Tolerance } from './kind.js';

/** The first thing that is different, as a sentence; undefined where both agree. */
export function difference(ours: Outcome, theirs: Outcome, tolerance: Tolerance): string | undefined {
  if ('error' in ours || 'error' in theirs) {
    // What is refused on both sides agrees, whatever the words.
    if ('error' in ours && 'error' in theirs) return undefined;
    return 'error' in ours ? `refused here: ${ours['error']}` : `refused there: ${String(theirs['error'])}`;
  }
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    if (name.endsWith(UNCERTAIN)) continue;
    const [a, b] = [ours[name], theirs[name]];
    if (a === undefined || b === undefined) return `${name} is only ${a === undefined ? 'there' : 'here'}`;
    const found = furthest(name, a, b, tolerance, numberOf(theirs[`${name}${UNCERTAIN}`] ?? 0));
    if (found !== undefined) return found.what;
  }
  return undefined;
}

/** Whether both agree but for places that `expected` names: reasons are given for those, and hide nothing else. */
export function differOnlyWhere(
  ours: Outcome,
  theirs: Outcome,
  tolerance: Tolerance,
  expected: (here: Numbers, there: Numbers, name: string) => boolean,
): boolean {
  if ('error' in ours || 'error' in theirs) return false;
  const replaced = (here: Numbers, there: Numbers, name: string): Numbers => {
    if (Array.isArray(here) && Array.isArray(there))
      return here.map((each, i) => replaced(each, there[i] ?? null, name));
    return expected(here, there, name) ? there : here;
  };
  const left = Object.entries(ours).map(([name, here]) => [name, replaced(here, theirs[name]!, name)]);
  return difference(Object.fromEntries(left), theirs, tolerance) === undefined;
}

const UNCERTAIN = ' ±';
const numberOf = (value: Numbers): number => (value === 'inf' ? Number.POSITIVE_INFINITY : Number(value));

interface Found {
  readonly what: string;
  readonly excess: number;
}

function furthest(where: string, a: Numbers, b: Numbers, tolerance: Tolerance, uncertain: number): Found | undefined {
  if (Array.isArray(a) || Array.isArray(b)) {
    const [x, y] = [a, b] as readonly (readonly Numbers[])[];
    if (!Array.isArray(a) || !Array.isArray(b) || x!.length !== y!.length) {
      return {
        what: `${where} has another form: ${JSON.stringify(a)} here, ${JSON.stringify(b)} there`,
        excess: Number.POSITIVE_INFINITY,
      };
    }
    let worst: Found | undefined;
    for (let i = 0; i < x!.length; i++) {
      const found = furthest(`${where}[${i}]`, x![i]!, y![i]!, tolerance, uncertain);
      if (found !== undefined && !(found.excess <= (worst?.excess ?? 0))) worst = found;
    }
    return worst;
  }
  if (a === b || uncertain === Number.POSITIVE_INFINITY) return undefined;
  const what = `${where} is ${String(a)} here and ${String(b)} there`;
  if (typeof a !== 'number' || typeof b !== 'number') return { what, excess: Number.POSITIVE_INFINITY };
  const excess = Math.abs(a - b) / (uncertain + tolerance.atol + tolerance.rtol * Math.abs(b));
  return excess <= 1 ? undefined : { what, excess };
}
