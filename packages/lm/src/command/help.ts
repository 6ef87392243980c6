// What the command says of itself, made of the tables that its options are read by.

import { type Options, PROGRAM } from './arguments.js';

const file = { type: 'string', value: 'FILE' } as const;

/** What can be trained. */
export const modelNames = ['ngram', 'lstm', 'gru', 'rnn', 'window', 'gpt'] as const;

/** Options of n-grams alone. */
export const ngramOptions = {
  order: {
    type: 'string',
    value: 'N',
    help: 'the longest runs that are counted; default 5, for words and parts of words 3',
  },
  smoothing: { type: 'string', value: 'NAME', help: 'default modified-kneser-ney; see below' },
} as const satisfies Options;

/** Options of networks alone. */
export const networkOptions = {
  minutes: { type: 'string', value: 'T', help: 'how long it learns, about' },
  steps: { type: 'string', value: 'N', help: 'the same in steps; default 2000, and at most 40 times over the text' },
  epochs: { type: 'string', value: 'N', help: 'the same in times over the text' },
  hidden: { type: 'string', value: 'N', help: 'features of each layer; default 256, of a gpt 128' },
  layers: { type: 'string', value: 'N', help: 'how many there are; default 1, of a gpt 4; not for window' },
  heads: { type: 'string', value: 'N', help: 'of each attention of a gpt; default 4' },
  dropout: { type: 'string', value: 'P', help: 'the share of features that is left out while it learns; default 0' },
  batch: { type: 'string', value: 'N', help: 'pieces of text in a step; default 32, with --lines 64' },
  length: { type: 'string', value: 'N', help: 'tokens of a piece; default 64, of a gpt 128' },
  lr: { type: 'string', value: 'X', help: 'the highest learning rate; default 0.003, of a gpt and an rnn 0.001' },
  'held-out': {
    type: 'string',
    value: 'P',
    help: 'the share of the text that is measured, and not learned from; default 0.1',
  },
  seed: { type: 'string', value: 'N', help: 'the same number gives the same model; default 0' },
  resume: { type: 'boolean', help: 'goes on with a training that Ctrl-C has stopped, as if it had not' },
  report: { ...file, help: 'writes a page of HTML with curves and figures' },
} as const satisfies Options;

const train = {
  model: {
    type: 'string',
    value: 'KIND',
    help: 'ngram (default), or a network: lstm, gru, rnn, gpt, or window, over the last few tokens',
  },
  tokens: { type: 'string', value: 'KIND', help: 'characters (default), words, bytes, or bpe: parts of words' },
  lines: { type: 'boolean', help: 'each line is a text of its own, with a begin and an end: names, sentences' },
  'min-count': {
    type: 'string',
    value: 'N',
    help: 'with characters and words: what comes less often is unknown; default 1',
  },
  merges: {
    type: 'string',
    value: 'N',
    help: 'with bpe: how many parts of words there are beside bytes; default 1000',
  },
  out: { ...file, help: 'where the model is saved; default FILE with .lm in place of its ending' },
  ...ngramOptions,
  ...networkOptions,
} as const satisfies Options;

const model = {
  model: {
    type: 'string',
    value: 'PATH',
    help: 'the model, in place of MODEL: a file, or a folder as it is downloaded',
  },
} as const satisfies Options;

const sample = {
  ...model,
  prompt: { type: 'string', value: 'TEXT', help: 'what the text begins with' },
  count: { type: 'string', value: 'N', help: 'how many texts; default 1' },
  length: { type: 'string', value: 'N', help: 'at most so many tokens each; default 200' },
  temperature: {
    type: 'string',
    value: 'T',
    help: 'default 1; below 1 more likely, above 1 wilder, 0 always the likeliest token',
  },
  'top-k': { type: 'string', value: 'K', help: 'draws from the K likeliest' },
  'top-p': { type: 'string', value: 'P', help: 'draws from the likeliest that come to P' },
  'min-p': { type: 'string', value: 'P', help: "draws from those that have a share P of the likeliest's probability" },
  typical: { type: 'string', value: 'P', help: 'draws from those that are as surprising as is expected' },
  eta: { type: 'string', value: 'X', help: 'draws from those above a border that follows the entropy, such as 3e-4' },
  mirostat: { type: 'string', value: 'BITS', help: 'holds the surprise of a token near so many bits' },
  'repetition-penalty': { type: 'string', value: 'X', help: 'above 1 makes what came before less likely' },
  'frequency-penalty': { type: 'string', value: 'X', help: 'tokens lose X each time they were chosen' },
  'presence-penalty': { type: 'string', value: 'X', help: 'tokens lose X once they were chosen' },
  'no-repeat': { type: 'string', value: 'N', help: 'no run of N tokens comes twice' },
  'min-length': { type: 'string', value: 'N', help: 'nothing ends before it has N tokens' },
  stop: { type: 'string', value: 'TEXT', help: 'ends where this text would come' },
  seed: { type: 'string', value: 'N', help: 'the same number gives the same texts; default: another each time' },
  explain: { type: 'boolean', help: 'prints the die of each token' },
} as const satisfies Options;

const score = {
  ...model,
  tokens: { type: 'boolean', help: 'a line for each token in place of each text' },
} as const satisfies Options;

const perplexity = {
  ...model,
  base: { type: 'string', value: 'B', help: 'what the logarithm of the entropy is to; default 2, bits' },
} as const satisfies Options;

const fill = {
  ...model,
  count: { type: 'string', value: 'N', help: 'how many tokens for each mask; default 5' },
} as const satisfies Options;

/** All that the command can do. */
export const commands = {
  train: {
    files: ['FILE'],
    says: 'makes a model of a text file: counts its n-grams, or has a network learn from it',
    options: train,
  },
  sample: { files: ['MODEL'], says: 'writes text as the model has it', options: sample },
  fill: {
    files: ['MODEL', 'TEXT'],
    says: 'says what may stand where a text has [MASK], by a BERT in a folder',
    options: fill,
  },
  score: {
    files: ['MODEL', 'FILE'],
    says: 'how probable each line of a file is, or of what comes in: -',
    options: score,
  },
  perplexity: {
    files: ['MODEL', 'FILE'],
    says: 'how well the model knows a file, or what comes in: -',
    options: perplexity,
  },
} as const;

/** Names of smoothings on a command line, and their functions' names. */
export const smoothingNames = {
  'modified-kneser-ney': 'modifiedKneserNey',
  'kneser-ney': 'kneserNey',
  'witten-bell': 'wittenBell',
  'absolute-discounting': 'absoluteDiscounting',
  katz: 'katz',
  'jelinek-mercer': 'jelinekMercer',
  'good-turing': 'goodTuring',
  lidstone: 'lidstone',
  laplace: 'laplace',
  'maximum-likelihood': 'maximumLikelihood',
  'stupid-backoff': 'stupidBackoff',
} as const;

const EXAMPLES = `Examples:
  ${PROGRAM} train book.txt
  ${PROGRAM} sample book.lm --prompt "Once upon" --temperature 0.8
  ${PROGRAM} train names.txt --lines --order 4 && ${PROGRAM} sample names.lm --count 10
  ${PROGRAM} perplexity names.lm others.txt
  ${PROGRAM} train book.txt --model lstm --minutes 10 --report book.html
  ${PROGRAM} sample --model SmolLM2-135M --prompt "Once upon a time"
  ${PROGRAM} fill bert-base-uncased "The capital of France is [MASK]."
`;

/** The help of a command, or of all. */
export function help(name?: string): string {
  if (name === undefined || !Object.hasOwn(commands, name)) {
    const rows = Object.entries(commands).map(([each, { files, says }]) => [`  ${[each, ...files].join(' ')}`, says]);
    return `Language models: n-grams that are counted, networks that learn, and those of others in folders of Hugging Face's layout.

MODEL is a file that train saved, or a folder with config.json, model.safetensors and tokenizer.json.

Usage: ${PROGRAM} COMMAND …

${aligned(rows)}

  ${PROGRAM} COMMAND --help says more. A command that fails says why, and ends with the code 1.

${EXAMPLES}`;
  }
  const { files, says, options } = commands[name as keyof typeof commands];
  const all: Options = options;
  const width = Math.max(...Object.entries(all).map(([option, { value }]) => leftOf(option, value).length)) + 2;
  const rowsOf = (names: readonly string[]): string =>
    names.map((option) => `${leftOf(option, all[option]!.value).padEnd(width)}${all[option]!.help}`).join('\n');
  const parts = name === 'train' ? [ngramOptions, networkOptions].map((part) => Object.keys(part)) : [];
  const common = Object.keys(all).filter((option) => !parts.flat().includes(option));
  const [ofNgrams, ofNetworks] = parts.map(rowsOf);
  const names = Object.keys(smoothingNames);
  const more =
    name === 'train'
      ? `\nOf n-grams:\n${ofNgrams}\n\nSmoothings: ${names.slice(0, 5).join(', ')},\n${names.slice(5).join(', ')}.\n\nOf networks:\n${ofNetworks}\n`
      : '';
  return `Usage: ${PROGRAM} ${[name, ...files].join(' ')} …

${says[0]!.toUpperCase()}${says.slice(1)}.

${rowsOf(common)}
${more}`;
}

const leftOf = (option: string, value: string | undefined): string =>
  `  --${option}${value === undefined ? '' : ` ${value}`}`;

function aligned(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left]) => left!.length)) + 2;
  return rows.map(([left, right]) => `${left!.padEnd(width)}${right}`).join('\n');
}
