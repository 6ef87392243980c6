// Logs of a run: one row for each epoch as CSV, or one object for each event as JSON lines.

import { ArgumentError } from '@dl/autograd';
import type { EpochEvent, TrainEvent } from './events.js';

/** Where text goes: a stream of Node, or any object that has `write`; what it returns is awaited. */
export interface TextSink {
  write(text: string): unknown;
}

/**
 * Writes a row of comma-separated values for each epoch while the events of `fit` pass through: epoch, seconds, learning
 * rate, loss and accuracy of the training, those and the metrics of the test. A figure that is not there is an empty cell. A run
 * that goes on after its first epoch writes no header: open the file to append.
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
 * for await (const _ of logCsv(fit(model, loader(drawnDigits(100)), { optimizer, epochs: 2 }), sink));
 * console.log(rows[0]); // epoch,seconds,lr,train_loss,train_accuracy
 * ```
 */
export async function* logCsv<E extends TrainEvent>(
  events: AsyncIterable<E>,
  sink: TextSink,
): AsyncGenerator<E, void, undefined> {
  checkSink('logCsv', sink);
  let columns: readonly string[] | undefined;
  let isNew = true;
  for await (const event of events) {
    if (event.type === 'start') isNew = event.epoch === 1;
    if (event.type === 'epoch') {
      const figures = figuresOf(event);
      if (columns === undefined) {
        columns = Object.keys(figures);
        if (isNew) await sink.write(row(columns));
      }
      await sink.write(row(columns.map((name) => figures[name] ?? '')));
    }
    yield event;
  }
}

/**
 * Writes a line of JSON for each event of `fit` that has a figure: the start, steps whose loss was read, epochs and the end.
 * What is not finite is written as null. Predictions are left out.
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
 * for await (const _ of logJsonLines(fit(model, loader(drawnDigits(100)), { optimizer }), sink));
 * console.log(JSON.parse(lines.at(-1)!).reason); // finished
 * ```
 */
export async function* logJsonLines<E extends TrainEvent>(
  events: AsyncIterable<E>,
  sink: TextSink,
): AsyncGenerator<E, void, undefined> {
  checkSink('logJsonLines', sink);
  for await (const event of events) {
    const isTold = event.type !== 'test' && (event.type !== 'step' || event.loss !== undefined);
    if (isTold) {
      const text = JSON.stringify(event, (key, value) => (key === 'predictions' ? undefined : (value as unknown)));
      await sink.write(`${text}\n`);
    }
    yield event;
  }
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
