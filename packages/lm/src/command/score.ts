// `npx @dl/lm score`: the probability of each line.

import { Arguments } from './arguments.js';
import { commands } from './help.js';
import { modelOf } from './load.js';
import { linesOf } from './texts.js';
import { shownToken } from './tokens.js';

export async function scoreCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { files, options } = commands.score;
  const given = new Arguments('score', args, files, options);
  const [path, file] = given.files as [string, string];
  const model = await modelOf(path);
  const eachToken = given.has('tokens');
  const row = (logProbability: number, tokens: string, text: string): void =>
    void process.stdout.write(`${logProbability.toFixed(4)}\t${tokens}\t${text}\n`);
  process.stdout.write(eachToken ? 'ln p\tp\ttoken\n' : 'ln p\tperplexity\ttext\n');
  for await (const line of linesOf(file, signal)) {
    const { tokens, logProbability } = await model.score(line);
    if (eachToken)
      for (const each of tokens)
        row(each.logProbability, Math.exp(each.logProbability).toFixed(6), shownToken(each.token));
    else row(logProbability, Math.exp(-logProbability / tokens.length).toFixed(2), inOneCell(line));
    signal.throwIfAborted();
  }
}

/** A text without a tab, which would begin another column. */
const inOneCell = (text: string): string => (text.includes('\t') ? JSON.stringify(text) : text);
