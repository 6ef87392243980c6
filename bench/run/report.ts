// RESULTS.md: the targets, peak memory, then every workload.

import { oursOnGpu, peerOnGpu } from '../engines/gpu-names.js';
import { references } from '../engines/index.js';
import { gpuTargets, isMet, type Target, targets } from '../targets.js';
import type { OnDevice } from './gpu.js';
import type { Row } from './measure-workload.js';
import { enginesOf, type GpuRow, type Results, type Stamp } from './results.js';
import { defeats, digits, familySections, formatRatio, grid, leftOut, overview, slowest, table } from './table.js';

export function report({ targets: targetRows, all, memory, gpu }: Results): string {
  const forTargets = targetRows.length > 0 ? targetRows : all;
  return `${[
    '# Results',
    '',
    'Written by `npm run bench`; how to read it: see [README.md](README.md).',
    'A cell has the median time of one call, and in brackets how many times ours with as many threads that is.',
    '',
    ...(all.length === 0 ? [] : ['## Where a peer is faster', '', ...slowest(all), '']),
    '## Targets',
    '',
    ...measuredOn(forTargets),
    ...targetSection(targets, forTargets),
    '',
    table(forTargets.filter(({ name }) => targets.some(({ workload }) => workload === name))),
    '',
    ...(memory.length === 0 ? [] : ['## Peak memory', '', ...measuredOn(memory), ...memoryTable(memory)]),
    ...(gpu.length === 0 ? [] : ['## In a browser, on WebGL 2', '', ...gpuSection(gpu)]),
    ...(all.length === 0 ? [] : ['## By family', '', ...measuredOn(all), ...overview(all), ...familySections(all)]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function gpuSection(rows: readonly (GpuRow & Stamp)[]): string[] {
  const devices = [...new Set(rows.map(({ device }) => describeDevice(device)))];
  return [
    ...measuredOn(rows),
    ...devices.flatMap((device) => [device, '']),
    ...targetSection(gpuTargets, rows),
    '',
    table(rows),
    '',
    defeats(rows, { ours: oursOnGpu, peer: peerOnGpu }),
    '',
    ...leftOut(rows),
  ];
}

/** The device of a row in a sentence. */
export function describeDevice({ renderer, browser, isSoftware }: OnDevice): string {
  return isSoftware
    ? `${browser} draws in software, by ${renderer}: only the ratios within one run mean something, and on a GPU they will be others.`
    : `${browser} draws on a GPU: ${renderer}.`;
}

function targetSection(wanted: readonly Target[], rows: readonly Row[]): string[] {
  const verdicts = wanted.map((target) => ({ target, ...verdictOf(target, rows) }));
  const count = (verdict: string): number => verdicts.filter((one) => one.verdict === verdict).length;
  return [
    `${count('met')} met, ${count('missed')} missed, ${count('not measured')} not measured.`,
    '',
    grid(
      ['workload', 'target', 'measured', ''],
      verdicts.map(({ target, measured, verdict }) => [
        target.workload,
        `${target.wants} ${target.sentence}`,
        measured,
        verdict === 'missed' ? '**missed**' : verdict,
      ]),
    ),
  ];
}

interface Verdict {
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

function verdictOf(target: Target, rows: readonly Row[]): Verdict {
  const row = rows.find(({ name }) => name === target.workload);
  const value = row && target.value(row);
  if (value === undefined) return { measured: '–', verdict: 'not measured' };
  const text = target.unit === '×' ? formatRatio(value) : digits(value);
  return { measured: `${text} ${target.unit}`, verdict: isMet(target, value) ? 'met' : 'missed' };
}

/** The same for the terminal. */
export const targetLines = (rows: readonly Row[]): string[] => linesOf(targets, rows);

/** The same for those of the GPU that were measured. */
export const gpuTargetLines = (rows: readonly Row[]): string[] =>
  linesOf(
    gpuTargets.filter(({ workload }) => rows.some(({ name }) => name === workload)),
    rows,
  );

/** Our time over that of another checkout, workload by workload, and their geometric mean. */
export function checkoutLines(rows: readonly Row[]): string[] {
  const ours = references[1]!;
  const found = rows.flatMap(({ name, columns }) => {
    const { ratios = {} } = columns.find(({ engine }) => engine === ours) ?? {};
    const [checkout] = Object.entries(ratios).filter(([engine]) => engine.startsWith(`${ours}, `));
    return checkout === undefined ? [] : [{ name, engine: checkout[0], ratio: checkout[1] }];
  });
  if (found.length === 0) return [];
  const mean = Math.exp(found.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / found.length);
  return [
    `\nOur time over that of ${found[0]!.engine}:`,
    ...found.map(({ name, ratio }) => `${formatRatio(ratio).padStart(6)}  ${name}`),
    `${formatRatio(mean).padStart(6)}  the geometric mean`,
  ];
}

function linesOf(wanted: readonly Target[], rows: readonly Row[]): string[] {
  return wanted.map((target) => {
    const { measured, verdict } = verdictOf(target, rows);
    return `${verdict.padEnd(13)} ${measured.padStart(9)}  ${target.workload}: ${target.wants} ${target.sentence}`;
  });
}

function memoryTable(memory: Results['memory']): string[] {
  const networks = [...new Set(memory.map(({ network }) => network))];
  const engines = [...new Set(memory.map(({ engine }) => engine))];
  return [
    grid(
      ['work', ...engines],
      networks.map((network) => [
        network,
        ...engines.map((engine) => {
          const found = memory.find((one) => one.network === network && one.engine === engine);
          return found === undefined ? '–' : `${found.peak} MiB (${found.peak - found.start} above the start)`;
        }),
      ]),
    ),
    '',
  ];
}

function measuredOn(rows: readonly Stamp[]): string[] {
  const places = [...new Set(rows.map(({ date, machine }) => `${date}: ${machine}`))];
  const versions = enginesOf(rows.filter((row): row is Row & Stamp => 'columns' in row)).map(
    ({ engine, version }) => `${engine} (${version})`,
  );
  return [
    ...places.map((place) => `Measured on ${place}.`),
    ...(versions.length > 0 ? [`Engines: ${versions.join('; ')}.`] : []),
    '',
  ];
}
