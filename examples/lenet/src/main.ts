// The main job, what `npm start` runs: LeNet-5 learns to read digits.

import { relative, resolve } from 'node:path';
import { DlError, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { confusionTable } from './confusion-table.js';
import { type Digits, loadDigits } from './digits.js';
import { RunFolder, type SavedRun } from './files.js';
import { commandOf, DEFAULT_OUT, type Flags, help, newRun, parseFlags, resumedRun, UsageError } from './options.js';
import { buildReport } from './report.js';
import { type RunResult, train } from './train.js';

/** Stopped by Ctrl-C: 128 + the number of the signal, so that a script that called this one stops, too. */
const STOPPED = 130;

async function main(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args);
  if (flags.help) {
    console.log(help);
    return 0;
  }
  const folder = new RunFolder(flags.out === DEFAULT_OUT ? DEFAULT_OUT : asTyped(flags.out));
  const before = await folder.load();
  if (flags.resume && before === undefined) {
    throw new UsageError(`--resume: there is no run to go on with in '${flags.out}'; leave it out to begin one`);
  }
  const saved = flags.resume ? before : undefined;
  const options =
    saved === undefined ? newRun(withDataAsTyped(flags)) : resumedRun(withDataAsTyped(flags), saved.options);

  const backend = await useBackend(cpu());
  const digits = await loadDigits(options, tellOnOneLine);
  clearLine();
  await folder.create();
  try {
    const { engine } = backend.info();
    console.log(`LeNet-5 on the CPU (${engine})\n${sizes(digits)}`);
    if (before !== undefined && saved === undefined && isUnfinished(before)) {
      console.log(
        `The unfinished run in ${show(folder.path)} will be replaced; to go on with it, stop now and add --resume.`,
      );
    }

    const signal = stopOnInterrupt();
    const outcome = await train({ options, digits, folder, saved, signal });
    const made = { engine, date: new Date(), command: commandOf(options, flags.out) };
    await folder.saveReport(await buildReport({ ...outcome, digits, options, made }));
    tell(outcome, folder, flags);
    return outcome.stopped === undefined ? 0 : STOPPED;
  } finally {
    await folder.close();
  }
}

const isUnfinished = ({ options, state }: SavedRun): boolean => state.position.epoch < options.epochs;

/** A path as the user typed it, who may stand in another folder than npm makes us run in. */
const asTyped = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

const withDataAsTyped = (flags: Flags): Flags => ({ ...flags, data: flags.data && asTyped(flags.data) });

const canMove = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb' && !('CI' in process.env);

/** `drawing 20,000 digits  35 %`, each time in place of the one before; nothing where lines cannot be replaced. */
function tellOnOneLine(what: string, done: number): void {
  if (canMove) process.stderr.write(`\r${what} ${`${Math.floor(100 * done)} %`.padStart(5)}`);
}

function clearLine(): void {
  if (canMove) process.stderr.write('\r\u001b[K');
}

/** The first Ctrl-C aborts the signal, the second ends the program. */
function stopOnInterrupt(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(STOPPED);
      stop.abort();
      console.error('Stopping after this step. Ctrl-C again quits at once.');
    });
  }
  return stop.signal;
}

function tell({ result, stopped }: RunResult, folder: RunFolder, { out }: Flags): void {
  const { accuracy, confusion, examples } = result;
  const right = Math.round(accuracy * examples);
  console.log(
    `\nTest accuracy ${(100 * accuracy).toFixed(2)} %: ${format(right)} of ${format(examples)} digits read right.\n`,
  );
  const colors = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  console.log(confusionTable(confusion, { colors, columns: process.stdout.columns }));
  console.log(`\nReport   ${show(folder.reportFile)}\nWeights  ${show(folder.weightsFile)}`);
  if (stopped !== undefined) {
    const outFlag = out === DEFAULT_OUT ? '' : ` --out ${out}`;
    console.log(`\nStopped ${stopped}. To go on: npm start -- --resume${outFlag}`);
  }
}

const sizes = ({ train, test, name }: Digits): string =>
  `learns from ${format(train.labels.data.length)} ${name}, tested on ${format(test.labels.data.length)} others`;

const format = (count: number): string => count.toLocaleString('en');

/** A path as short as it can be said from here. */
function show(path: string): string {
  const short = relative('.', path);
  return short.startsWith('..') ? path : short;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A mistake of the user, or files that are not what they should be: one sentence. All else is ours: with its stack.
  const isExpected = error instanceof UsageError || error instanceof DlError;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
