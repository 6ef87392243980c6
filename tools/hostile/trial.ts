// One try of a reader with a changed file, and what it cost.

import { DlError } from '@dl/autograd';
import { mutate } from './mutate.js';
import type { Reader } from './readers.js';

/** The most characters that an error may have; paths of files, which may be in it, aside. */
export const MOST_CHARACTERS = 600;

export interface Trial {
  /** What is wrong with how the reader took it; undefined when it read or refused the file as it should. */
  readonly fault: string | undefined;
  readonly isRead: boolean;
  /** Processor time in milliseconds. */
  readonly milliseconds: number;
  /** By how much the most memory that the process ever had grew. */
  readonly megabytes: number;
}

/** The changed file: of one with a cover, every other is changed behind it. */
export function changed({ valid, cover }: Reader, trial: number): Uint8Array {
  return cover !== undefined && trial % 2 === 1 ? cover.on(mutate(cover.off(valid), trial)) : mutate(valid, trial);
}

export async function tryOne(reader: Reader, trial: number, folder: string): Promise<Trial> {
  const bytes = changed(reader, trial);
  const before = process.resourceUsage();
  let error: unknown;
  try {
    await reader.read(bytes, folder);
  } catch (thrown) {
    error = thrown;
  }
  const after = process.resourceUsage();
  const micros = after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime;
  return {
    fault: faultOf(error),
    isRead: error === undefined,
    milliseconds: micros / 1000,
    megabytes: (after.maxRSS - before.maxRSS) / 1024,
  };
}

function faultOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (!(error instanceof DlError))
    return `not an error of @dl: ${String((error as Error)?.stack ?? error).slice(0, 800)}`;
  const { message } = error;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a message must not hold
  if (/[\u0000-\u001f\u2028\u2029]/.test(message)) return `not one line: ${JSON.stringify(message.slice(0, 300))}`;
  if (message.length > MOST_CHARACTERS) return `${message.length} characters: ${message.slice(0, 300)}`;
  return undefined;
}
