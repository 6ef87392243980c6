// One line of a terminal about what goes on now, no longer than it may be.

import { formatBar, formatPercent } from './format.js';
import type { Now } from './report.js';

const BAR = 24;

/** As many of the parts as fit, the last ones left out first. */
export function lineOf({ name, step, steps, figures }: Now, width: number): string {
  let line = '';
  for (const part of [name, ...progressOf(step, steps), ...figures]) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line;
}

/** A line for good, broken between its parts where it is longer than it may be. */
export function brokenLine(line: string, width: number): string {
  const lines: string[] = [];
  for (const part of line.split(/ {2,}/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= width) lines[lines.length - 1] = `${last}  ${part}`;
    else lines.push(last === undefined ? part : `  ${part}`);
  }
  return line.length <= width ? line : lines.join('\n');
}

function progressOf(step: number | undefined, steps: number | undefined): string[] {
  if (step === undefined) return [];
  if (steps === undefined) return [`step ${step}`];
  return [`${formatBar(step / steps, BAR)} ${formatPercent(step / steps, 0).padStart(5)}`];
}
