// Folders of others beside what PyTorch says of them (golden/folders.py): token for token with the cache and without, texts, scores, and what is refused.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GPT } from '@dl/attention';
import { ArgumentError, FormatError, memory, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate, type LanguageModel, readTokenizer, trainCharacters } from '../index.js';
import { loadMaskedModel, loadModel } from '../node.js';

interface Run {
  readonly prompt: string;
  readonly read: number[];
  readonly tokens: number[];
  readonly text: string;
  readonly reason: string;
}
interface Scores {
  readonly text: string;
  readonly ids: number[];
  readonly logProbabilities: number[];
}
interface Generating {
  readonly begin: number[];
  readonly ends: number[];
  readonly runs: Run[];
  readonly scores: Scores[];
}
interface Filling {
  readonly text: string;
  readonly filled: string;
  readonly masks: [token: string, probability: number][][];
}
type Golden = { readonly bert: { readonly fills: Filling[]; readonly scores: Scores[] } } & Readonly<
  Record<(typeof generating)[number], Generating>
>;

const generating = ['gpt2', 'llama', 'mistral'] as const;
const golden = (name: string): string => fileURLToPath(new URL(`../../golden/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(golden('folders.json'), 'utf8')) as Golden;
const NEW = 24;

let top = '';
beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'dl-folders-'));
  await useBackend(cpu());
});
afterAll(() => rmSync(top, { recursive: true }));

const gptOf = (model: LanguageModel): GPT => model.model as unknown as GPT;

describe.each(generating)('%s', (name) => {
  const { runs, scores, begin, ends } = expected[name];
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(golden(`folders/${name}`));
  });
  afterAll(() => gptOf(model).dispose());

  test('begins and ends as its files say', () => {
    expect([model.begin, model.ends, model.end]).toEqual([begin, ends, undefined]);
  });

  test.each(runs)('greedy text behind $prompt', async ({ prompt, tokens, text, reason }) => {
    const generated = await model.generate({ prompt, maxLength: NEW });
    expect(generated).toMatchObject({ tokens, text, reason });
    let pieces = '';
    for await (const piece of model.generate({ prompt, maxLength: NEW })) pieces += piece.text;
    expect(pieces).toBe(text);
  });

  test('the same without the cache, each token by a pass over all before it', () => {
    for (const { read, tokens, reason } of runs) {
      const all = [...read];
      for (const token of reason === 'end' ? [...tokens, -1] : tokens) {
        const best = scope(() => {
          const logits = gptOf(model).forward(tensor([all], { dtype: 'int32' }));
          return logits.slice([0, -1]).argmax(0).item();
        });
        if (token < 0) expect(ends).toContain(best);
        else expect(best).toBe(token);
        all.push(best);
      }
    }
  });

  test('prompts of several lengths in one batch', async () => {
    const together = runs.filter(({ read }) => read.length > 0);
    expect(new Set(together.map(({ read }) => read.length)).size).toBeGreaterThan(2);
    const generated = await generate(model.model, {
      prompts: together.map(({ read }) => read),
      end: ends,
      maxLength: NEW,
    });
    expect(generated.map(({ tokens }) => tokens)).toEqual(together.map(({ tokens }) => tokens));
  });

  test.each(scores)('the probability of each token of $text', async ({ text, ids, logProbabilities }) => {
    const { tokens } = await model.score(text);
    expect(tokens.map(({ id }) => id)).toEqual(ids);
    for (const [i, { logProbability }] of tokens.entries()) {
      expect(Math.abs(logProbability - logProbabilities[i]!)).toBeLessThan(1e-3);
    }
  });

  test('goes on to the end of its positions, and refuses a context beyond them', async () => {
    const { maxLength } = gptOf(model);
    const { tokens, reason } = await model.generate({ prompt: 'The', maxLength: 1000, end: [] });
    expect(reason).toBe('length');
    expect(tokens.length).toBeLessThan(maxLength!);
    await expect(async () => model.generate({ prompt: 'The goose and '.repeat(40) })).rejects.toThrow(
      /^generateText: a prompt has \d+ tokens, but the model takes at most 63; cut the prompt/,
    );
  });

  test('memory is flat while it generates, and free behind it', async () => {
    const before = await settledMemory();
    await model.generate({ prompt: 'The', maxLength: 8 });
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  });
});

describe('bert', () => {
  test.each(expected.bert.fills)('fills $text', async ({ text, filled, masks }) => {
    const bert = await loadMaskedModel(golden('folders/bert'));
    const found = await bert.fill(text);
    expect(found.text).toBe(filled);
    expect(found.masks.map(({ start, end }) => text.slice(start, end))).toEqual(masks.map(() => '[MASK]'));
    expect(found.masks.map(({ fillings }) => fillings.map(({ token }) => token))).toEqual(
      masks.map((each) => each.map(([token]) => token)),
    );
    found.masks.forEach(({ fillings }, i) => {
      for (const [j, { probability }] of fillings.entries()) expect(probability).toBeCloseTo(masks[i]![j]![1], 4);
    });
  });

  test('scores each token from all others, in whatever batches, and texts by their mean', async () => {
    const bert = await loadMaskedModel(golden('folders/bert'));
    const before = await settledMemory();
    let [sum, count] = [0, 0];
    for (const { text, ids, logProbabilities } of expected.bert.scores) {
      for (const batch of [1, 3, 32]) {
        const { tokens, logProbability } = await bert.score(text, { batch });
        expect(tokens.map(({ id }) => id)).toEqual(ids);
        for (const [i, each] of tokens.entries()) expect(each.logProbability).toBeCloseTo(logProbabilities[i]!, 3);
        expect(logProbability).toBeCloseTo(
          logProbabilities.reduce((a, b) => a + b),
          2,
        );
      }
      sum += logProbabilities.reduce((a, b) => a + b);
      count += ids.length;
    }
    const report = await bert.pseudoPerplexity(expected.bert.scores.map(({ text }) => text));
    expect(report).toMatchObject({ texts: expected.bert.scores.length, tokens: count });
    expect(report.pseudoLogLikelihood).toBeCloseTo(sum, 2);
    expect(report.pseudoPerplexity / Math.exp(-sum / count)).toBeCloseTo(1, 3);
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  });

  test('refuses a text without a mask, one that is too long, and a tokenizer of other tokens', async () => {
    const bert = await loadMaskedModel(golden('folders/bert'));
    await expect(bert.fill('The baker')).rejects.toThrow(
      new ArgumentError('fill: the text has no mask; write [MASK] where something is to be said'),
    );
    await expect(bert.fill(`[MASK] ${'the '.repeat(40)}`)).rejects.toThrow(
      new ArgumentError('fill: the text has 41 tokens, and 2 around it, but the model reads at most 32; cut the text'),
    );
    await expect(bert.score('the '.repeat(31))).rejects.toThrow('score: the text has 31 tokens, and 2 around it');
    await expect(bert.pseudoPerplexity([''])).rejects.toThrow('pseudoPerplexity: the texts have no tokens');
    await expect(bert.pseudoPerplexity(5 as never)).rejects.toThrow('pseudoPerplexity: texts is 5, needs a text');
    const tokenizer = trainCharacters('the goose');
    await expect(loadMaskedModel(golden('folders/bert'), { tokenizer })).rejects.toThrow('most of which it cannot say');
  });
});

/** A copy of a folder with some of its files changed, or taken away where they are undefined. */
function changed(name: string, files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(top, `${name}-`));
  cpSync(golden(`folders/${name}`), folder, { recursive: true });
  for (const [file, value] of Object.entries(files)) {
    const path = join(folder, file);
    if (value === undefined) rmSync(path);
    else writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return folder;
}

const json = (name: string, file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(golden(`folders/${name}/${file}.json`), 'utf8')) as Record<string, unknown>;
const config = (name: string, changes: Record<string, unknown>): Record<string, unknown> => ({
  'config.json': { ...json(name, 'config'), ...changes },
});

describe('which tokens begin and end a text', () => {
  const load = async (name: string, files: Readonly<Record<string, unknown>>): Promise<LanguageModel> => {
    const model = await loadModel(changed(name, files));
    gptOf(model).dispose();
    return model;
  };
  const llama = json('llama', 'tokenizer_config');

  test('without generation_config.json it is config.json that says, then the tokenizer', async () => {
    expect((await load('llama', { 'generation_config.json': undefined })).ends).toEqual([2]);
    const none = config('llama', { eos_token_id: null });
    expect((await load('llama', { ...none, 'generation_config.json': {} })).ends).toEqual([2]);
    expect(
      (await load('gpt2', { 'tokenizer_config.json': undefined, ...config('gpt2', { eos_token_id: null }) })).ends,
    ).toEqual([]);
  });

  test('what ends a text is a token of the model', async () => {
    expect((await load('gpt2', { 'generation_config.json': { eos_token_id: [7, 99999] } })).ends).toEqual([7]);
  });

  test("Llama's tokenizers put their own tokens around a text, whatever tokenizer.json says", async () => {
    const without = { 'tokenizer.json': { ...json('llama', 'tokenizer'), post_processor: null } };
    expect((await load('llama', without)).begin).toEqual([1]);
    const tokens = (changes: object): Record<string, unknown> => ({
      'tokenizer_config.json': { ...llama, ...changes },
    });
    expect((await load('llama', tokens({ add_bos_token: false }))).begin).toEqual([]);
    const ends = await load('llama', tokens({ add_eos_token: true }));
    expect([ends.begin, ends.end]).toEqual([[1], 2]);
    // Another class takes what the file says.
    const other = await load('llama', { ...without, ...tokens({ tokenizer_class: 'PreTrainedTokenizerFast' }) });
    expect(other.begin).toEqual([]);
    // What is no name says nothing, whatever it is.
    const odd = await load('llama', { ...without, ...tokens({ tokenizer_class: { toString: 1 } }) });
    expect(odd.begin).toEqual([]);
  });

  test('an empty prompt begins behind the token of generation_config.json', async () => {
    const { ids } = expected.gpt2.scores[0]!;
    const model = await loadModel(changed('gpt2', { 'generation_config.json': { bos_token_id: ids[0] } }));
    expect(gptOf(model).begin).toBe(ids[0]);
    gptOf(model).dispose();
  });
});

test('a tokenizer that is given stands in place of tokenizer.json', async () => {
  const tokenizer = readTokenizer(json('gpt2', 'tokenizer'), { eos: '<|endoftext|>' });
  const model = await loadModel(changed('gpt2', { 'tokenizer.json': undefined }), { tokenizer });
  const [{ prompt, text }] = expected.gpt2.runs as [Run];
  expect((await model.generate({ prompt, maxLength: NEW })).text).toBe(text);
  gptOf(model).dispose();
});

const loadings = {
  model: loadModel,
  masked: loadMaskedModel,
} as const;
type Row = readonly [
  what: string,
  name: string,
  files: Record<string, unknown>,
  kind: keyof typeof loadings,
  message: string,
];
const tokenizer = json('gpt2', 'tokenizer');
const size = json('gpt2', 'config')['vocab_size'] as number;
const more = Array.from({ length: 9 }, (_, i) => ({ id: size + i, content: `<${i}>`, special: true }));

describe('is refused in a sentence that names the folder, and nothing is left of it', () => {
  const rows: Row[] = [
    ['no config', 'gpt2', { 'config.json': undefined }, 'model', ' has no config.json; needs a folder in Hugging Face'],
    [
      'a config that is no JSON',
      'gpt2',
      { 'config.json': '{' },
      'model',
      "config.json': it is no JSON; the file is damaged",
    ],
    ['a config that is a list', 'gpt2', { 'config.json': [1] }, 'model', "config.json': it has [1], needs an object"],
    [
      'no architecture',
      'gpt2',
      config('gpt2', { model_type: undefined }),
      'model',
      'model_type of config.json is missing, needs one of gpt2, llama, mistral',
    ],
    [
      'an unknown architecture',
      'gpt2',
      config('gpt2', { model_type: 't5' }),
      'model',
      "model_type of config.json is 't5', needs one of gpt2, llama, mistral",
    ],
    [
      'an unknown architecture, masked',
      'bert',
      config('bert', { model_type: 'roberta' }),
      'masked',
      "model_type of config.json is 'roberta', needs one of bert",
    ],
    [
      'another architecture than the type says',
      'gpt2',
      config('gpt2', { architectures: ['GPT2ForTokenClassification'] }),
      'model',
      'the architecture is "GPT2ForTokenClassification", needs one of',
    ],
    [
      'a masked model that is to generate',
      'bert',
      {},
      'model',
      " has a masked model, 'bert', which fills in what was left out, and says no text on; load it by loadMaskedModel, or npx @dl/lm fill",
    ],
    [
      'a model that generates, to fill masks',
      'gpt2',
      {},
      'masked',
      " has a model that generates, 'gpt2', and fills no masks; load it by loadModel",
    ],
    [
      'no tokenizer',
      'gpt2',
      { 'tokenizer.json': undefined },
      'model',
      ' has no tokenizer.json, the one file of tokens that is read',
    ],
    [
      'a tokenizer that is no JSON',
      'gpt2',
      { 'tokenizer.json': 'x' },
      'model',
      "tokenizer.json': it is no JSON; the file is damaged",
    ],
    [
      'a tokenizer of an unknown kind',
      'gpt2',
      { 'tokenizer.json': { ...tokenizer, model: { type: 'Unigram', vocab: [] } } },
      'model',
      "tokenizer.json': model is of type 'Unigram', which is not read",
    ],
    [
      'a tokenizer of more tokens',
      'gpt2',
      { 'tokenizer.json': { ...tokenizer, added_tokens: [...(tokenizer['added_tokens'] as object[]), ...more] } },
      'model',
      `the tokenizer has ${size + 9} tokens, but the model ${size}, so that some are none of the model`,
    ],
    [
      "another model's tokenizer",
      'llama',
      config('llama', { vocab_size: 1000 }),
      'model',
      'but the model 1000, most of which it cannot say; they must be made for each other',
    ],
    [
      'a head of fewer tokens than the config says',
      'llama',
      config('llama', { vocab_size: 358 }),
      'model',
      'the weights do not have the shapes that the config says',
    ],
    [
      'no weights',
      'gpt2',
      { 'model.safetensors': undefined },
      'model',
      ' has neither model.safetensors nor model.safetensors.index.json',
    ],
    [
      'a part of the weights missing',
      'mistral',
      { 'model-00002-of-00002.safetensors': undefined },
      'model',
      'model-00002-of-00002.safetensors',
    ],
    ['weights that are cut off', 'gpt2', { 'model.safetensors': 'x' }, 'model', 'model.safetensors'],
    [
      'an end that is no number',
      'gpt2',
      { 'generation_config.json': { eos_token_id: ['x'] } },
      'model',
      "generation_config.json': eos_token_id is ['x'], needs the number of a token",
    ],
    [
      'a begin that is none',
      'gpt2',
      config('gpt2', { bos_token_id: -1 }),
      'model',
      "config.json': bos_token_id is -1, needs the number of a token",
    ],
    [
      'a begin that is no token of the tokenizer',
      'llama',
      { 'tokenizer_config.json': { tokenizer_class: 'LlamaTokenizer', bos_token: '<x>' } },
      'model',
      "tokenizer_config.json': bos_token is '<x>', which is none of the",
    ],
    [
      'an answer that is no boolean',
      'llama',
      { 'tokenizer_config.json': { tokenizer_class: 'LlamaTokenizer', add_bos_token: 'yes' } },
      'model',
      "tokenizer_config.json': add_bos_token is 'yes', needs true or false",
    ],
    [
      'a mask that is no token',
      'bert',
      { 'tokenizer_config.json': { mask_token: '<mask>' } },
      'masked',
      "mask is '<mask>', which is no special token of the vocabulary",
    ],
    [
      'a mask that is no text',
      'bert',
      { 'tokenizer_config.json': { mask_token: 5 } },
      'masked',
      "tokenizer_config.json': mask_token is 5, needs a token's text",
    ],
  ];
  test.each(rows)('%s', async (_, name, files, kind, message) => {
    const folder = changed(name, files);
    const before = await settledMemory();
    const error: Error = await loadings[kind](folder).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );
    expect(error.message).toContain(message);
    expect(error.message).toContain(`${kind === 'model' ? 'loadModel' : 'loadMaskedModel'}: `);
    expect(error.message).toContain(folder);
    expect(error.message).not.toMatch(/fromPretrained|loadPretrained|readTokenizer|openWeights|\n/);
    expect(error instanceof ArgumentError || error instanceof FormatError).toBe(true);
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  });

  test('a BERT without the head that says tokens', async () => {
    const folder = changed('bert', { 'model.safetensors': undefined });
    cpSync(fileURLToPath(new URL('../../../attention/golden/pretrained/bert-classifier', import.meta.url)), folder, {
      recursive: true,
    });
    const before = await settledMemory();
    const tokenizer = readTokenizer({
      added_tokens: ['[UNK]', '[CLS]', '[SEP]', '[MASK]', '[PAD]'].map((content, id) => ({
        id,
        content,
        special: true,
      })),
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: { type: 'WordPiece', unk_token: '[UNK]', vocab: { a: 5, b: 6, c: 7, d: 8, e: 9 } },
    });
    await expect(loadMaskedModel(folder, { tokenizer })).rejects.toThrow(
      /^loadMaskedModel: '[^']*': the model was made without the head that says tokens, or its weights had none/,
    );
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  });

  test('what is no folder', async () => {
    await expect(loadMaskedModel(join(top, 'none'))).rejects.toThrow(/^loadMaskedModel: '[^']*none' is no folder; /);
    await expect(loadModel(golden('folders/gpt2'), { kinds: {} })).rejects.toThrow(
      /^loadModel: '[^']*gpt2' is a folder, but got kinds, /,
    );
  });
});
