// The folder that `npm run pack` is to fill: its one argument, or a sentence that says what is wrong with it.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** What the command line asks for that cannot be done; its message is all that the user needs to see. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const form = 'name one folder that the packages go to, as in npm run pack -- ../packed';

/** Makes the folder where there is none. A relative path begins at `from`. */
export function destination(args: readonly string[], from: string): string {
  const options = args.filter((arg) => arg.startsWith('-'));
  if (options.length > 0) throw new UsageError(`pack has no option "${options[0]}": ${form}`);
  if (args.length === 0 || args[0]!.trim() === '') throw new UsageError(`pack was given no folder: ${form}`);
  if (args.length > 1) {
    throw new UsageError(`pack was given ${args.length} folders, ${args.map((arg) => `"${arg}"`).join(', ')}: ${form}`);
  }
  const folder = resolve(from, args[0]!);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const fault = ['EEXIST', 'ENOTDIR'].includes(code) ? 'is a file, or below one' : `cannot be made (${code})`;
    throw new UsageError(`${folder} ${fault}: ${form}`);
  }
  return folder;
}
