// What a command scores: the lines of a file or of what is piped in, or all of it as one text.

import { ArgumentError } from '@dl/autograd';
import { decoded, inLines, type Texts } from '../node/text-file.js';
import { readText } from '../node.js';

/** What stands for what is piped in. */
const PIPED = '-';
const CAME_IN = 'what came in';

/** Lines, without their ends; those with nothing but blanks are left out. */
export async function* linesOf(file: string, signal: AbortSignal): Texts {
  let isEmpty = true;
  const lines = file === PIPED ? inLines('text', CAME_IN, piped(signal)) : readText(file, { lines: true, signal });
  for await (const line of lines) {
    isEmpty = false;
    yield line;
  }
  if (isEmpty) throw nothingIn(file);
}

/** All of it. */
export async function wholeOf(file: string, signal: AbortSignal): Promise<string> {
  let text = '';
  for await (const piece of file === PIPED ? piped(signal) : readText(file, { signal })) text += piece;
  if (text === '') throw nothingIn(file);
  return text;
}

const nothingIn = (file: string): ArgumentError =>
  new ArgumentError(`${file === PIPED ? CAME_IN : `'${file}'`} has no text; give some`);

async function* piped(signal: AbortSignal): Texts {
  const end = (): void => void process.stdin.destroy();
  signal.addEventListener('abort', end);
  try {
    yield* decoded('text', CAME_IN, process.stdin);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
