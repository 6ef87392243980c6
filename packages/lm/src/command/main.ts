// The command: which part of it is asked for, and what is said when it cannot go on.

import { DlError } from '@dl/autograd';
import { PROGRAM, UsageError } from './arguments.js';
import { fillCommand } from './fill.js';
import { type commands, help } from './help.js';
import { perplexityCommand } from './perplexity.js';
import { sampleCommand } from './sample.js';
import { scoreCommand } from './score.js';
import { Stopped, stopping } from './stopping.js';
import { trainCommand } from './train.js';

/** Runs one command to its end. */
export type Command = (args: readonly string[], signal: AbortSignal) => Promise<void>;

const all: Readonly<Record<keyof typeof commands, Command>> = {
  train: trainCommand,
  sample: sampleCommand,
  fill: fillCommand,
  score: scoreCommand,
  perplexity: perplexityCommand,
};

/** Of programs that Ctrl-C ended, as in a shell. */
const INTERRUPTED = 130;

/** Does what the arguments say, and gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  const { signal, done } = stopping();
  try {
    if (name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(help(rest[0]));
      return 0;
    }
    if (!Object.hasOwn(all, name)) {
      throw new UsageError(
        `there is no command ${JSON.stringify(name)}; it has ${Object.keys(all).join(', ')}, and --help`,
      );
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(help(name));
      return 0;
    }
    await all[name as keyof typeof commands](rest, signal);
    signal.throwIfAborted();
    return 0;
  } catch (error) {
    if (signal.aborted) {
      const { words, code } = signal.reason instanceof Stopped ? signal.reason : new Stopped(INTERRUPTED);
      if (words !== '') process.stderr.write(`${words}\n`);
      return code;
    }
    if (!(error instanceof DlError)) throw error;
    // The name of a function says nothing to who has typed a command.
    const words = error instanceof UsageError ? error.message : error.message.replace(/^\w+: /, '');
    const asked = Object.hasOwn(all, name) ? `${PROGRAM} ${name}` : PROGRAM;
    process.stderr.write(`${asked}: ${words}\n`);
    return 1;
  } finally {
    done();
  }
}
