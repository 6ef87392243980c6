// The die of a step as text: what was changed, and a line with a bar for each of the likeliest tokens.

import type { Adjusted } from './adjustment.js';
import { Ranking } from './ranking.js';
import { count } from './trouble.js';
import { normalise } from './weights.js';

/** What is shown of one throw. */
export interface Throw {
  readonly heading: string;
  /** Those of the model. */
  readonly scores: Float64Array;
  readonly adjusted: Adjusted | undefined;
  /** On what it fell, and how that came about. */
  readonly chosen?: { readonly token: number; readonly how: string };
  /** The text of a token, where it is known. */
  readonly textOf?: ((token: number) => string) | undefined;
}

/** So many tokens have a line of their own. */
const LINES = 10;
/** So many characters has the longest bar. */
const WIDTH = 24;

/** A die, for people to read. */
export function dieText({ heading, scores, adjusted, chosen, textOf }: Throw): string {
  const size = scores.length;
  const [model, die] = [new Float64Array(size), new Float64Array(size)];
  const after = scores.slice();
  const changes: string[] = [];
  let left = size;
  adjusted?.applyEach(after, ({ name }) => {
    const now = count(after);
    changes.push(now === left ? name : `${name} (${grouped(now)} left)`);
    left = now;
  });
  normalise(scores, model);
  normalise(after, die);
  const isChanged = changes.length > 0;

  const ranking = new Ranking().fill(die, Number.MIN_VALUE);
  const sides = ranking.length;
  const shown: number[] = [];
  while (shown.length < LINES && ranking.length > 0) shown.push(ranking.next());
  // What was chosen has its line however unlikely it was.
  if (chosen !== undefined && !shown.includes(chosen.token)) shown.push(chosen.token);

  const most = die[shown[0] ?? 0]!;
  const names = shown.map((token) => (textOf === undefined ? `${token}` : `${JSON.stringify(textOf(token))} ${token}`));
  const numbers = (p: number, of: number): string =>
    isChanged ? `  ${p.toFixed(4)}  ${of.toFixed(4)}` : `  ${p.toFixed(4)}`;
  const longest = Math.max(0, ...names.map((name) => name.length));
  const lines = shown.map((token, i) => {
    const mark = token === chosen?.token ? `${names[i]!.padEnd(longest)}  ◀ ${chosen.how}` : names[i]!;
    return `${numbers(die[token]!, model[token]!)}  ${bar(die[token]! / most).padEnd(WIDTH)}  ${mark}`;
  });
  const rest = sides - shown.filter((token) => die[token]! > 0).length;
  if (rest > 0) {
    const restOf = (all: Float64Array): number => {
      // Of those that are out, the model's share is not among what is left.
      let sum = 0;
      for (let i = 0; i < size; i++) if (die[i]! > 0 && !shown.includes(i)) sum += all[i]!;
      return sum;
    };
    lines.push(`${numbers(restOf(die), restOf(model))}  ${''.padEnd(WIDTH)}  ${grouped(rest)} more`);
  }
  return [heading, ...(isChanged ? [`  ${changes.join(' → ')}`, '  die     model'] : []), ...lines].join('\n');
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of eighths of characters; what weighs something has at least one. */
function bar(share: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * WIDTH * 8)) : 0;
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!;
}

/** 10000 as 10,000. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
