// Rows longer than a model's positions, scored by windows that slide on.

/** How many windows are scored at a time. */
const TOGETHER = 32;

interface Piece {
  readonly row: number;
  /** Where the first score of the window belongs. */
  readonly at: number;
  /** How many of its scores an earlier window has. */
  readonly skip: number;
  readonly tokens: readonly number[];
}

/** Scores of rows, of windows with the token in front of each that stands before it. */
export async function scoredWindows(
  rows: readonly ArrayLike<number>[],
  { begin, maxLength = Infinity }: { readonly begin: number; readonly maxLength: number | undefined },
  score: (windows: readonly (readonly number[])[]) => Promise<Float64Array[]>,
): Promise<Float64Array[]> {
  const scores = rows.map((row) => new Float64Array(row.length));
  const pieces = rows.flatMap((row, index) => windowsOf([begin, ...Array.from(row)], index, maxLength));
  for (let from = 0; from < pieces.length; from += TOGETHER) {
    const some = pieces.slice(from, from + TOGETHER);
    const found = await score(some.map(({ tokens }) => tokens));
    for (const [i, { row, at, skip }] of some.entries()) scores[row]!.set(found[i]!.subarray(skip), at + skip);
  }
  return scores;
}

/** Windows of maxLength inputs each, half of one apart; the last one may be shorter. */
function windowsOf(tokens: readonly number[], row: number, maxLength: number): Piece[] {
  const count = tokens.length - 1;
  if (count <= maxLength) return [{ row, at: 0, skip: 0, tokens }];
  const stride = Math.max(1, Math.floor(maxLength / 2));
  const pieces: Piece[] = [];
  for (let at = 0, scored = 0; scored < count; at += stride) {
    pieces.push({ row, at, skip: scored - at, tokens: tokens.slice(at, at + maxLength + 1) });
    scored = Math.min(count, at + maxLength);
  }
  return pieces;
}
