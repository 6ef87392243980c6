// A summary as a table of text.

import { formatShape } from '@dl/autograd';
import type { Summary } from './summary.js';

const heads = ['layer', 'output', 'parameters', 'multiply-adds', 'memory', 'sees'] as const;
/** The first columns are words; numbers stand at the right. */
const WORDS = 2;

export function formatSummary(summary: Omit<Summary, 'toString'>): string {
  const rows = summary.rows.map(({ name, layer, output, parameters, multiplyAdds, bytes, receptiveField }) => [
    name === '' ? layer : `${name}: ${layer}`,
    formatShape(output),
    count(parameters),
    multiplyAdds === undefined ? '?' : count(multiplyAdds),
    formatMemory(bytes),
    receptiveField === 'all' ? 'all' : receptiveField.join('x'),
  ]);
  const isPartial = summary.rows.some(({ multiplyAdds }) => multiplyAdds === undefined);
  const work = `${isPartial ? 'at least ' : ''}${count(summary.multiplyAdds)}`;
  const totals = ['total', '', count(summary.parameters), work, formatMemory(summary.bytes), ''];
  const all = [[...heads], ...rows, totals];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < WORDS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const frozen = summary.parameters - summary.trainable;
  return [
    line(heads),
    rule,
    ...rows.map(line),
    rule,
    line(totals),
    ...(frozen > 0 ? [`${count(frozen)} of the parameters are frozen`] : []),
    ...summary.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

function formatMemory(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
