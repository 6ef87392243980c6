// The command line.

import { parseArgs } from 'node:util';
import { nearest } from '../../../tools/lib/nearest.js';

/** What can be said on the command line; undefined where nothing was said. */
export interface Flags {
  readonly data: string | undefined;
  readonly epochs: number | undefined;
  readonly batchSize: number | undefined;
  readonly lr: number | undefined;
  readonly seed: number | undefined;
  readonly limit: number | undefined;
  readonly quick: boolean;
  readonly resume: boolean;
  readonly out: string;
  readonly help: boolean;
}

/** What a run is made of; it goes on with the same after an interruption. */
export interface RunOptions {
  /** A folder with the files of MNIST; null for drawn digits. */
  readonly data: string | null;
  /** How many digits to learn from, and to test on. */
  readonly train: number;
  readonly test: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
}

export const DEFAULT_OUT = 'runs/lenet';

const defaults = { train: 18_000, test: 2_000, epochs: 3, batchSize: 32, lr: 0.05, seed: 1 };
const mnist = { ...defaults, train: 60_000, test: 10_000 };
const quick = { train: 3_000, test: 500, epochs: 1, batchSize: 16 };

export const help = `Trains LeNet-5 to read digits, and writes a report.

  npm start                       drawn digits, some ten seconds
  npm start -- --data FOLDER      MNIST, from the folder with its four files
  npm start -- --resume           go on with the run that was stopped

  --epochs N        times to go through the digits (${defaults.epochs})
  --batch-size N    digits per step (${defaults.batchSize})
  --lr X            learning rate at the start; it falls to 0 in a straight line (${defaults.lr})
  --seed N          another start and another order (${defaults.seed})
  --limit N         digits to learn from (${defaults.train}; with --data all), and at most as many to test on
  --quick           ${quick.train} digits and ${quick.epochs} epoch: a few seconds, to see that all works
  --out FOLDER      where weights, report and the state for --resume go (${DEFAULT_OUT})
  --help            this text

Ctrl-C stops after the step under way, and saves what was learned; pressed twice it quits at once.`;

/** A mistake on the command line, in one sentence. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export function parseFlags(args: readonly string[]): Flags {
  const { values } = parse(args);
  return {
    data: text('data', values.data),
    epochs: whole('epochs', values.epochs, 1),
    batchSize: whole('batch-size', values['batch-size'], 1),
    lr: positive('lr', values.lr),
    seed: whole('seed', values.seed, 0),
    limit: whole('limit', values.limit, 10),
    quick: values.quick ?? false,
    resume: values.resume ?? false,
    out: text('out', values.out) ?? DEFAULT_OUT,
    help: values.help ?? false,
  };
}

const string = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;
const known = {
  ...{ data: string, epochs: string, 'batch-size': string, lr: string, seed: string, limit: string, out: string },
  ...{ quick: boolean, resume: boolean, help: { ...boolean, short: 'h' } },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: withNegativeValues(args), options: known });
  } catch (error) {
    throw new UsageError(explain(error as Error & { code?: string }));
  }
}

/** `--lr -1` as `--lr=-1`: parseArgs would take a number below 0 for another option, and say that the value is missing. */
function withNegativeValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1)?.slice(2) ?? '';
    const wantsValue = joined.at(-1)?.startsWith('--') && known[before as keyof typeof known]?.type === 'string';
    if (wantsValue && /^-\.?\d/.test(arg)) joined[joined.length - 1] += `=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** What parseArgs says, without its advice for programmers. */
function explain({ code, message }: Error & { code?: string }): string {
  const [, name = ''] = /'([^' ]+)/.exec(message) ?? [];
  const meant = nearest(name.replace(/^-+/, ''), Object.keys(known));
  const help = meant === undefined ? '--help lists them all' : `did you mean --${meant}? --help lists them all`;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${name}; ${help}`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return `'${name}' belongs to no option; ${help}`;
  if (message.includes('does not take an argument'))
    return `${name.split(',').at(-1)} takes no value; leave the value out`;
  return `${name} needs a value, as in ${name}=VALUE`;
}

function text(name: string, value: string | undefined): string | undefined {
  if (value === '') throw new UsageError(`--${name} is empty, needs the path of a folder`);
  return value;
}

function whole(name: string, value: string | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`--${name} is '${value}', needs a whole number of at least ${least}`);
  }
  return number;
}

function positive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !(number > 0 && number < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`--${name} is '${value}', needs a number above 0`);
  }
  return number;
}

/** The options of a run that begins. */
export function newRun(flags: Flags): RunOptions {
  const base = { ...(flags.data === undefined ? defaults : mnist), ...(flags.quick && quick) };
  const train = flags.limit ?? base.train;
  return {
    data: flags.data ?? null,
    train,
    test: Math.min(base.test, train),
    epochs: flags.epochs ?? base.epochs,
    batchSize: flags.batchSize ?? base.batchSize,
    lr: flags.lr ?? base.lr,
    seed: flags.seed ?? base.seed,
  };
}

/** The options of a run that goes on: as it began, but it may go on for longer, and its data may have moved. */
export function resumedRun(flags: Flags, began: RunOptions): RunOptions {
  const same: [string, unknown, unknown][] = [
    ['--batch-size', flags.batchSize, began.batchSize],
    ['--lr', flags.lr, began.lr],
    ['--seed', flags.seed, began.seed],
    ['--limit', flags.limit, began.train],
  ];
  for (const [name, asked, had] of same) {
    if (asked !== undefined && asked !== had) {
      throw new UsageError(
        `${name} is ${asked}, but the run to go on with has ${had}; leave it out, or begin anew without --resume`,
      );
    }
  }
  if (flags.quick)
    throw new UsageError('--quick is for a run that begins; leave it out, or begin anew without --resume');
  if (flags.data !== undefined && began.data === null) {
    throw new UsageError(
      '--data is given, but the run to go on with learns from drawn digits; leave it out, or begin anew without --resume',
    );
  }
  return { ...began, data: flags.data ?? began.data, epochs: flags.epochs ?? began.epochs };
}

/** The command that does the same again, from the first step; what is as by default is left out. */
export function commandOf(options: RunOptions, out: string): string {
  const plain = options.data === null ? defaults : mnist;
  // Nothing but --quick tests on fewer than it could.
  const isQuick = options.test !== Math.min(plain.test, options.train);
  const base = { ...plain, ...(isQuick && quick) };
  const flags: [name: string, value: string | number, standard: unknown][] = [
    ['data', options.data ?? '', ''],
    ['limit', options.train, base.train],
    ['epochs', options.epochs, base.epochs],
    ['batch-size', options.batchSize, base.batchSize],
    ['lr', options.lr, base.lr],
    ['seed', options.seed, base.seed],
    ['out', out, DEFAULT_OUT],
  ];
  const said = flags.filter(([, value, standard]) => value !== standard);
  const words = [...(isQuick ? ['--quick'] : []), ...said.map(([name, value]) => `--${name} ${quoted(String(value))}`)];
  return ['npm start', ...(words.length > 0 ? ['--'] : []), ...words].join(' ');
}

/** As a shell takes it for one word. */
const quoted = (word: string): string => (/^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
