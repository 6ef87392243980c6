// `npx @dl/lm fill`: what may stand where a text has a mask.

import { Arguments } from './arguments.js';
import { commands } from './help.js';
import { maskedModelOf } from './load.js';
import { shownToken } from './tokens.js';

export async function fillCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { files, options } = commands.fill;
  const given = new Arguments('fill', args, files, options);
  const [path, text] = given.files as [string, string];
  const count = given.integer('count', 1) ?? 5;
  const model = await maskedModelOf(path);
  signal.throwIfAborted();
  const filled = await model.fill(text, { count });
  process.stdout.write(`${filled.text}\n\nmask\tp\ttoken\n`);
  for (const [i, { fillings }] of filled.masks.entries()) {
    for (const { probability, token } of fillings) {
      process.stdout.write(`${i + 1}\t${probability.toFixed(6)}\t${shownToken(token)}\n`);
    }
  }
}
