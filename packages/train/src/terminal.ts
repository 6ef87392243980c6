// @dl/train/terminal: the progress of a training run in a terminal, or as plain lines where there is none.

import { checkCall, type Known } from '@dl/autograd';
import ora from 'ora';
import type { TrainEvent } from './events/events.js';
import { type TrainRun, trainRun } from './events/train-run.js';
import { brokenLine, lineOf } from './progress/line.js';
import { Report } from './progress/report.js';

/** Where to write: `process.stderr`, `process.stdout`, or another stream. */
export interface TerminalStream {
  write(text: string): unknown;
  /** True for a terminal. */
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
}

/** Options of {@link progress} in a terminal. */
export interface ProgressOptions {
  /** Default `process.stderr`, so that what a program prints to `process.stdout` stays by itself. */
  readonly stream?: TerminalStream;
  /** What the examples are called: 'images', 'sentences'. Default 'examples'. */
  readonly unit?: string;
  /** Draw a line that moves. Default: where the stream is a terminal that can, and no CI. */
  readonly live?: boolean;
  /** Without such a line: seconds between two plain ones. Default 10. */
  readonly every?: number;
}

const progressOptions: Known<ProgressOptions> = { stream: 'object', unit: 'string', live: 'boolean', every: 'number' };

/**
 * Shows the events of `fit` while they pass through: in a terminal one line that moves, with a bar, loss and accuracy
 * (smoothed), examples per second and the time that is left until the end of the run, and one line that stays for each
 * epoch; elsewhere plain lines, one each epoch and about every ten seconds. What else the program prints stands above
 * the bar.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { fit } from '@dl/train';
 * import { progress } from '@dl/train/terminal';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * for await (const event of progress(fit(model, loader(drawnDigits(100)), { optimizer }), { unit: 'images' })) {
 *   if (event.type === 'end') console.log(event.reason); // finished
 * }
 * ```
 */
export function progress<E extends TrainEvent>(events: AsyncIterable<E>, options: ProgressOptions = {}): TrainRun<E> {
  checkCall('progress', arguments, ['events'], progressOptions);
  return trainRun('progress', shown(events, options));
}

async function* shown<E extends TrainEvent>(
  events: AsyncIterable<E>,
  options: ProgressOptions,
): AsyncGenerator<E, void, undefined> {
  const { stream = process.stderr, unit = 'examples', every = 10 } = options;
  const show = (options.live ?? canMove(stream)) ? bar(stream) : lines(stream, every);
  const report = new Report(unit);
  try {
    for await (const event of events) {
      const { stays, now } = report.tell(event);
      for (const line of stays) show.stay(line);
      if (now !== undefined) show.move((width) => lineOf(now, width));
      yield event;
    }
  } finally {
    show.end();
  }
}

interface Display {
  /** A line for good. */
  stay(line: string): void;
  /** What is going on now; takes a width in characters. */
  move(line: (width: number) => string): void;
  end(): void;
}

function canMove(stream: TerminalStream): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb' && !('CI' in process.env);
}

function bar(stream: TerminalStream): Display {
  const spinner = ora({
    // A stream that says it is a terminal has what else ora asks of one.
    stream: stream as NodeJS.WriteStream,
    isEnabled: true,
    // Ctrl-C is for the program to handle.
    discardStdin: false,
    color: 'cyan',
  });
  return {
    stay(line) {
      spinner.stopAndPersist({ symbol: '', text: brokenLine(line, (stream.columns ?? 80) - 1) });
    },
    move(line) {
      // The spinner and the space after it take two characters, and the last column wraps in some terminals.
      spinner.text = line((stream.columns ?? 80) - 3);
      if (!spinner.isSpinning) spinner.start();
    },
    end() {
      spinner.stop();
    },
  };
}

function lines(stream: TerminalStream, every: number): Display {
  let last = performance.now();
  const write = (line: string): void => {
    stream.write(`${line}\n`);
    last = performance.now();
  };
  return {
    stay: write,
    move(line) {
      if (performance.now() - last >= 1000 * every) write(line(Number.POSITIVE_INFINITY));
    },
    end() {},
  };
}
