// Tokenisers, which have no tensors: learning merges, and cutting text. What is compared is handed over as a tensor all the same.

import * as dl from '@dl/autograd';
import { type BpeTokenizer, trainBpe, writeTokenizer } from '@dl/lm';
import type { Workload } from './workload.js';

const CHARACTERS = 1_000_000;
const MERGES = 4000;
const WORDS = 20_000;
const SAMPLE = 20_000;

/** Numbers from 0 to 1, the same each time (xorshift32). */
function uniform(): () => number {
  let state = 0x9e3779b1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

let made: string | undefined;

/** A text of made-up words, of which the k-th comes about 1/k times as often as the first (Zipf), in lines of sentences. */
function text(): string {
  if (made !== undefined) return made;
  const random = uniform();
  const one = (list: string): string => list[Math.floor(random() * list.length)]!;
  const syllable = (): string => one('bcdfghklmnprstvwz') + one('aeeeiioou') + (random() < 0.4 ? one('lnrst') : '');
  const words = Array.from({ length: WORDS }, (_, k) => {
    let word = '';
    for (let left = 1 + Math.floor(random() * (1 + Math.log10(k + 1))); left > 0; left--) word += syllable();
    return word;
  });
  const parts: string[] = [];
  for (let length = 0, starts = true; length < CHARACTERS; ) {
    let word = words[Math.floor((WORDS + 1) ** random()) - 1]!;
    if (starts) word = word[0]!.toUpperCase() + word.slice(1);
    const end = random();
    starts = end < 0.08;
    const behind = starts
      ? end < 0.02
        ? '.\n'
        : '. '
      : end < 0.15
        ? ', '
        : end < 0.16
          ? " '"
          : end < 0.17
            ? ' 1924 '
            : ' ';
    parts.push(word, behind);
    length += word.length + behind.length;
  }
  made = parts.join('').slice(0, CHARACTERS);
  return made;
}

const ids = (tokens: Int32Array): dl.Tensor => dl.tensor({ data: tokens, shape: [tokens.length] }, { dtype: 'int32' });

let trained: BpeTokenizer | undefined;
const tokenizer = (): BpeTokenizer => (trained ??= trainBpe(text(), { merges: MERGES, words: 'llama3' }));

const contractions = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
const pattern = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** The bytes of each token, in the order of the numbers. The text is ASCII, in which blanks and line ends alone have another sign. */
const bytesOfTokens = (): Uint8Array[] => {
  const { vocabulary } = tokenizer();
  const alphabet = vocabulary.tokens.slice(0, 256);
  const known = new Map(Array.from({ length: 256 }, (_, byte) => byte).map((byte) => [signOf(byte), byte]));
  if (alphabet.some((sign) => !known.has(sign))) throw new Error('the first tokens are not the bytes');
  return vocabulary.tokens.map((token) => Uint8Array.from(token, (sign) => known.get(sign)!));
};

/** GPT-2's sign for a byte. */
function signOf(byte: number): string {
  const prints = (code: number): boolean => (code > 32 && code < 127) || (code > 160 && code !== 173);
  if (prints(byte)) return String.fromCharCode(byte);
  let others = 256;
  for (let code = 0; code < byte; code++) if (!prints(code)) others++;
  return String.fromCharCode(others);
}

interface JsTiktoken {
  readonly Tiktoken: new (ranks: {
    pat_str: string;
    special_tokens: object;
    bpe_ranks: string;
  }) => {
    encode(text: string): number[];
  };
}
interface HuggingFace {
  readonly Tokenizer: new (
    file: object,
    config: object,
  ) => {
    encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[] };
  };
}
interface Native {
  readonly Tokenizer: {
    fromString(file: string): {
      train(files: string[]): void;
      encode(text: string, pair: null, options: object): Promise<{ getIds(): number[] }>;
    };
  };
}
interface GptEncoding {
  readonly GptEncoding: {
    getEncodingApi(name: string, ranks: () => (string | number[])[]): { encode(text: string): number[] };
  };
}

const plain = { inputs: [], isPlain: true, isNetwork: true } as const;

export const tokens: readonly Workload[] = [
  {
    ...plain,
    name: `BPE: learning ${MERGES} merges of 1 MB`,
    dl: () => {
      const whole = text();
      return () => dl.tensor([trainBpe(whole, { merges: MERGES }).vocabularySize]);
    },
  },
  {
    ...plain,
    name: 'BPE: learning 30000 tokens of 1 MB, characters',
    dl: () => {
      const lines = text().split(/(?<=\n)/);
      const sample = text().slice(0, SAMPLE);
      return () => ids(trainBpe(lines, { level: 'characters', maxSize: 30_000, minCount: 1 }).encode(sample));
    },
    npm: {
      // Its trainer has these settings and no others; it takes a file, and uses all processors.
      tokenizers: async ({ Tokenizer }: Native) => {
        const [{ writeFileSync, mkdtempSync }, { tmpdir }, { join }] = await Promise.all([
          import('node:fs'),
          import('node:os'),
          import('node:path'),
        ]);
        const file = join(mkdtempSync(join(tmpdir(), 'dl-bench-')), 'text');
        writeFileSync(file, text());
        const empty = JSON.parse(writeTokenizer(trainBpe('a', { level: 'characters', merges: 0 }))) as {
          model: object;
        };
        const json = JSON.stringify({ ...empty, model: { ...empty.model, vocab: {}, merges: [] } });
        const sample = text().slice(0, SAMPLE);
        return async () => {
          const learner = Tokenizer.fromString(json);
          learner.train([file]);
          return (await learner.encode(sample, null, { addSpecialTokens: false })).getIds();
        };
      },
    },
  },
  {
    ...plain,
    name: `BPE: tokens of 1 MB, ${MERGES} merges`,
    dl: () => {
      const whole = text();
      const own = tokenizer();
      return () => ids(own.encode(whole));
    },
    npm: {
      '@huggingface/tokenizers': ({ Tokenizer }: HuggingFace) => {
        const own = new Tokenizer(JSON.parse(writeTokenizer(tokenizer())) as object, {});
        return () => own.encode(text(), { add_special_tokens: false }).ids;
      },
      tokenizers: ({ Tokenizer }: Native) => {
        const own = Tokenizer.fromString(writeTokenizer(tokenizer()));
        return async () => (await own.encode(text(), null, { addSpecialTokens: false })).getIds();
      },
      'js-tiktoken': ({ Tiktoken }: JsTiktoken) => {
        const list = bytesOfTokens().map((bytes) => Buffer.from(bytes).toString('base64'));
        const own = new Tiktoken({ pat_str: pattern, special_tokens: {}, bpe_ranks: `! 0 ${list.join(' ')}` });
        return () => own.encode(text());
      },
      'gpt-tokenizer': async () => {
        // The name is no literal, so that types and bundles do without the package.
        const name: string = 'gpt-tokenizer/GptEncoding';
        const { GptEncoding } = (await import(name)) as GptEncoding;
        const list = bytesOfTokens().map((bytes) =>
          bytes.every((byte) => byte < 128) ? String.fromCharCode(...bytes) : [...bytes],
        );
        const own = GptEncoding.getEncodingApi('cl100k_base', () => list);
        return () => own.encode(text());
      },
    },
  },
];
