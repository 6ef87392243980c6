// What a command scores: the lines of a file or of what is piped in, or all of it as one text.

import { ArgumentError } from '@dl/autograd';
import { readText } from '../node.js';

/** What stands for what is piped in. */
const PIPED = '-';

/** Lines, without their ends; those with nothing but blanks are left out. */
export async function* linesOf(file: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  if (file !== PIPED) {
    yield* readText(file, { lines: true, signal });
    return;
  }
  let rest = '';
  for await (const text of piped(signal)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield line.replace(/\r$/, '');
  }
  if (rest.trim() !== '') yield rest.replace(/\r$/, '');
}

/** All of it. */
export async function wholeOf(file: string, signal: AbortSignal): Promise<string> {
  let text = '';
  for await (const piece of file === PIPED ? piped(signal) : readText(file, { signal })) text += piece;
  if (text === '')
    throw new ArgumentError(`perplexity: ${file === PIPED ? 'what came in' : file} is empty; give some text`);
  return text;
}

async function* piped(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const end = (): void => void process.stdin.destroy();
  signal.addEventListener('abort', end);
  try {
    process.stdin.setEncoding('utf8');
    for await (const text of process.stdin) yield text as string;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
