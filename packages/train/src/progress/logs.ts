// Logs of a run: one row for each epoch as CSV, or one object for each event as JSON lines.

import { ArgumentError, checkCall, FormatError } from '@dl/autograd';
import type { EpochEvent, StartEvent, TrainEvent } from '../events/events.js';
import { type TrainRun, trainRun } from '../events/train-run.js';

/**
 * Where text goes: a stream of Node, `logFile` of @dl/train/node, or any object that has `write`; what it returns is awaited.
 *
 * @example
 * ```ts
 * import type { TextSink } from '@dl/train';
 * const lines: string[] = [];
 * const sink: TextSink = { write: (text) => lines.push(text) };
 * ```
 */
export interface TextSink {
  write(text: string): unknown;
  /**
   * Called once, before anything is written, where there is such a method: keeps the lines of an earlier call for which `isWanted`
   * is true, drops the others and a last one that is not whole, and gives how many it kept.
   */
  keep?(isWanted: (line: string) => boolean): number | Promise<number>;
  /** Called once, after all is written or when the run is left, where there is such a method. */
  release?(): unknown;
}

/**
 * Writes a row of comma-separated values for each epoch while the events of `fit` pass through: epoch, seconds, learning
 * rate, loss and accuracy of the training, those and the metrics of the test. A figure that is not there is an empty cell.
 *
 * A run that goes on adds its rows to those before it: into a `logFile` of @dl/train/node, where rows of epochs that are done again are
 * dropped first. Into a stream it writes no header after the first epoch: open the file to append.
 *
 * @example
 * ```ts
 * import { manualSeed, useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { fit, logCsv } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const rows: string[] = []; // or createWriteStream('run.csv') of node:fs
 * const sink = { write: (text: string) => rows.push(text) };
 * await logCsv(fit(model, loader(drawnDigits(100)), { optimizer, epochs: 2 }), sink);
 * console.log(rows[0]); // epoch,seconds,lr,train_loss,train_accuracy
 * ```
 */
export function logCsv<E extends TrainEvent>(events: AsyncIterable<E>, sink: TextSink): TrainRun<E> {
  checkCall('logCsv', arguments, ['events', 'sink']);
  return trainRun('logCsv', rowsOf(events, sink));
}

async function* rowsOf<E extends TrainEvent>(
  events: AsyncIterable<E>,
  sink: TextSink,
): AsyncGenerator<E, void, undefined> {
  checkSink('logCsv', sink);
  let header: string | undefined;
  let columns: readonly string[] | undefined;
  let isNew = true;
  try {
    for await (const event of events) {
      if (event.type === 'start') {
        isNew = event.epoch === 1;
        const kept = await sink.keep?.((line) => {
          if (isAtStart(event)) return false;
          if (header !== undefined) return Number.parseInt(line, 10) < event.epoch;
          header = line;
          if (!line.startsWith('epoch,')) throw notOurs('logCsv', line);
          return true;
        });
        if (kept !== undefined) isNew = kept === 0;
      }
      if (event.type === 'epoch') {
        const figures = figuresOf(event);
        if (columns === undefined) {
          columns = Object.keys(figures);
          if (isNew) await sink.write(row(columns));
          else if (header !== undefined) checkColumns(header, row(columns).trimEnd());
        }
        await sink.write(row(columns.map((name) => figures[name] ?? '')));
      }
      yield event;
    }
  } finally {
    await sink.release?.();
  }
}

/**
 * Writes a line of JSON for each event of `fit` that has a figure: the start, steps whose loss was read, epochs and the end.
 * What is not finite is written as null. Predictions are left out.
 *
 * A run that goes on adds its lines to those before it: into a `logFile` of @dl/train/node as if it had never stopped, because lines of
 * what is done again, and the end, are dropped first, and no second start is written.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { fit, logJsonLines } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const lines: string[] = [];
 * const sink = { write: (text: string) => lines.push(text) };
 * await logJsonLines(fit(model, loader(drawnDigits(100)), { optimizer }), sink);
 * console.log(JSON.parse(lines.at(-1)!).reason); // finished
 * ```
 */
export function logJsonLines<E extends TrainEvent>(events: AsyncIterable<E>, sink: TextSink): TrainRun<E> {
  checkCall('logJsonLines', arguments, ['events', 'sink']);
  return trainRun('logJsonLines', linesOf(events, sink));
}

async function* linesOf<E extends TrainEvent>(
  events: AsyncIterable<E>,
  sink: TextSink,
): AsyncGenerator<E, void, undefined> {
  checkSink('logJsonLines', sink);
  let kept = 0;
  try {
    for await (const event of events) {
      if (event.type === 'start') {
        kept = (await sink.keep?.((line) => !isAtStart(event) && isBefore(parseLine(line), event))) ?? 0;
      }
      const isTold =
        event.type === 'start' ? kept === 0 : event.type === 'step' ? event.loss !== undefined : event.type !== 'test';
      if (isTold) {
        const text = JSON.stringify(event, (key, value) => (key === 'predictions' ? undefined : (value as unknown)));
        await sink.write(`${text}\n`);
      }
      yield event;
    }
  } finally {
    await sink.release?.();
  }
}

/** Whether a run begins, and does not go on. */
const isAtStart = ({ epoch, step }: StartEvent): boolean => epoch === 1 && step === 0;

/** Whether a line tells of something that a run has behind it when it goes on. */
function isBefore({ type, epoch, step }: Line, start: StartEvent): boolean {
  if (type === 'start') return true;
  if (type === 'end') return false;
  return epoch < start.epoch || (type === 'step' && epoch === start.epoch && step <= start.step);
}

type Line = Pick<TrainEvent, 'type' | 'epoch' | 'step'>;

function parseLine(text: string): Line {
  try {
    const line = JSON.parse(text) as Line;
    if (typeof line.epoch === 'number') return line;
  } catch {
    // Said below.
  }
  throw notOurs('logJsonLines', text);
}

function notOurs(where: string, line: string): FormatError {
  return new FormatError(
    `${where}: the file to go on with has the line '${line.slice(0, 40)}', which is none of its own; give the log of that run, or another name`,
  );
}

function checkColumns(had: string, has: string): void {
  if (had === has) return;
  throw new ArgumentError(
    `logCsv: the file to go on with has the columns ${had}, and this run has ${has}; give the options of that run, or another file`,
  );
}

function figuresOf({ epoch, seconds, lr, train, test }: EpochEvent): Record<string, number | undefined> {
  const named = (prefix: string, values: Readonly<Record<string, number | undefined>>) =>
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[`${prefix}_${name}`, value]]));
  return {
    epoch,
    seconds,
    ...(lr !== undefined && { lr }),
    ...Object.fromEntries(named('train', { loss: train.loss, accuracy: train.accuracy })),
    ...(test && Object.fromEntries(named('test', { loss: test.loss, accuracy: test.accuracy, ...test.metrics }))),
  };
}

function row(cells: readonly (string | number)[]): string {
  const quoted = cells.map(String).map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(',')}\n`;
}

function checkSink(where: string, sink: unknown): void {
  if (typeof (sink as Partial<TextSink> | null)?.write === 'function') return;
  throw new ArgumentError(`${where}: there is nowhere to write; pass an object with write(text), such as a stream`);
}
