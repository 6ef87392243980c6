// `npx @dl/lm perplexity`: how well a model knows a text.

import { NgramModel } from '../ngram/model.js';
import { WordTokenizer } from '../tokens/word-tokenizer.js';
import { Arguments } from './arguments.js';
import { commands } from './help.js';
import { modelOf } from './load.js';
import { figure, table, whole } from './numbers.js';
import { linesOf, wholeOf } from './texts.js';

export async function perplexityCommand(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { files, options } = commands.perplexity;
  const given = new Arguments('perplexity', args, files, options);
  const [path, file] = given.files as [string, string];
  const base = given.number('base') ?? 2;
  const model = await modelOf(path);
  // As it was trained: line by line, or as one text.
  const { tokenizer } = model;
  const texts = model.end === undefined ? await wholeOf(file, signal) : linesOf(file, signal);
  const report = await model.perplexity(texts, { base });
  const about = model.model instanceof NgramModel ? ` (${model.model.info.smoothing}, order ${model.model.order})` : '';
  const unit = base === 2 ? 'bits' : base === Math.E ? 'nats' : `to base ${given.text('base')}`;
  process.stdout.write(`${file} by ${path}${about}\n\n`);
  const rows = [
    ['', 'all', 'without unknown ones'],
    ['tokens', whole(report.tokens), whole(report.known.tokens)],
    ['perplexity', figure(report.perplexity), figure(report.known.perplexity)],
    [`entropy of a token, ${unit}`, figure(report.entropy), figure(report.known.entropy)],
    ['bits per character', figure(report.bitsPerCharacter), ''],
    ['bits per byte', figure(report.bitsPerByte), ''],
  ];
  process.stdout.write(`${table(rows)}\n`);
  if (!report.isDistribution) {
    process.stdout.write('\nThe scores of this model do not sum to 1: compare the figures with none of another one.\n');
  }
  const flattering = [
    ...(report.unknown > 0
      ? [`${whole(report.unknown)} unknown tokens cost what any unknown one does, not what they say`]
      : []),
    ...(tokenizer instanceof WordTokenizer && !tokenizer.keepBlanks ? ['blanks between words cost nothing'] : []),
  ];
  if (flattering.length > 0) {
    process.stdout.write(
      `\n${flattering.join(', and ')}: bits per character and byte look better than they are; compare them with those of the same tokens only.\n`,
    );
  }
  if (report.perplexity === Infinity) {
    process.stdout.write(
      '\nThe model takes something in the text to be impossible: smooth it in another way, or give more text to train.\n',
    );
  }
}
