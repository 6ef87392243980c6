// Weights of others that do not fit: each refused in one sentence that names what came.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError, memory, useBackend } from '@dl/autograd';
import { toSafetensors } from '@dl/checkpoint';
import { cpu } from '@dl/kernels-cpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromPretrained } from '../index.js';
import { loadPretrained } from '../node.js';

let folder = '';
beforeAll(async () => {
  await useBackend(cpu());
  folder = mkdtempSync(join(tmpdir(), 'dl-pretrained-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Values = { readonly data: Float32Array | Int32Array; readonly shape: readonly number[] };

const values = (...shape: readonly number[]): Values => ({
  data: new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(0.1),
  shape,
});

const gpt2 = { model_type: 'gpt2', vocab_size: 3, n_positions: 4, n_embd: 2, n_head: 1, n_layer: 1 };
const gpt2Tensors: Readonly<Record<string, Values>> = {
  'wte.weight': values(3, 2),
  'wpe.weight': values(4, 2),
  'h.0.ln_1.weight': values(2),
  'h.0.ln_1.bias': values(2),
  'h.0.attn.c_attn.weight': values(2, 6),
  'h.0.attn.c_attn.bias': values(6),
  'h.0.attn.c_proj.weight': values(2, 2),
  'h.0.attn.c_proj.bias': values(2),
  'h.0.ln_2.weight': values(2),
  'h.0.ln_2.bias': values(2),
  'h.0.mlp.c_fc.weight': values(2, 8),
  'h.0.mlp.c_fc.bias': values(8),
  'h.0.mlp.c_proj.weight': values(8, 2),
  'h.0.mlp.c_proj.bias': values(2),
  'ln_f.weight': values(2),
  'ln_f.bias': values(2),
};
const without = (...names: readonly string[]): Record<string, Values> =>
  Object.fromEntries(Object.entries(gpt2Tensors).filter(([name]) => !names.includes(name)));

const bert = { model_type: 'bert', vocab_size: 3, hidden_size: 2, num_attention_heads: 1, num_hidden_layers: 1 };
const llama = { model_type: 'llama', vocab_size: 3, hidden_size: 4, num_attention_heads: 2, num_hidden_layers: 1 };

const refuse = (config: unknown, tensors: unknown = gpt2Tensors) => fromPretrained({ config, tensors } as never);

test('what fits is taken', () => {
  expect(refuse(gpt2).architecture).toBe('gpt2');
});

describe('a config', () => {
  test.each<[config: unknown, words: string]>([
    [3, 'config is 3, needs the object that config.json has'],
    [{}, 'model_type of the config is missing, needs one of gpt2, bert, llama, mistral'],
    [{ model_type: 'mamba' }, 'model_type of the config is "mamba", needs one of gpt2, bert, llama, mistral'],
    [{ model_type: 'toString' }, 'model_type of the config is "toString", needs one of'],
    [{ ...gpt2, n_embd: 'wide' }, 'n_embd of the config is "wide", needs a whole number from 1 to 67108864'],
    [{ ...gpt2, n_layer: 1e9 }, 'n_layer of the config is 1000000000, needs a whole number from 1 to 4096'],
    [{ ...gpt2, layer_norm_epsilon: -1 }, 'layer_norm_epsilon of the config is -1, needs a number of at least 0'],
    [{ ...gpt2, resid_pdrop: 1.5 }, 'resid_pdrop of the config is 1.5, needs a probability from 0 to 1'],
    [{ ...gpt2, tie_word_embeddings: 'yes' }, 'tie_word_embeddings of the config is "yes", needs true or false'],
    [
      { ...gpt2, activation_function: 'gelu_10' },
      'activation_function of the config is "gelu_10", needs one of gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu, silu, swish',
    ],
    [
      { ...gpt2, scale_attn_by_inverse_layer_idx: true },
      'scale_attn_by_inverse_layer_idx of the config is true, and only false is known here',
    ],
    [
      { ...gpt2, architectures: ['GPT2ForSequenceClassification'] },
      'the architecture is "GPT2ForSequenceClassification", needs one of GPT2LMHeadModel, GPT2Model',
    ],
    [
      { ...bert, position_embedding_type: 'relative_key' },
      'position_embedding_type of the config is "relative_key", and only "absolute" is known here',
    ],
    [
      { ...bert, architectures: ['BertForTokenClassification'] },
      'the architecture is "BertForTokenClassification", needs one of BertForPreTraining, BertForMaskedLM,',
    ],
    [{ ...llama, hidden_act: 'relu2' }, 'hidden_act of the config is "relu2", needs one of silu, swish, gelu'],
    [{ ...llama, mlp_bias: true }, 'mlp_bias of the config is true, and only false is known here'],
    [
      { ...llama, rope_scaling: { rope_type: 'yarn', factor: 4 } },
      'rope_scaling of the config is of the type "yarn", needs one of default, linear, llama3',
    ],
    [{ ...llama, rope_scaling: 4 }, 'rope_scaling of the config is 4, needs an object or null'],
    [{ ...llama, rope_scaling: { type: 'linear' } }, 'factor of the config is missing, needs a number of at least 0'],
  ])('%o', (config, words) => {
    expect(() => refuse(config)).toThrow(ArgumentError);
    expect(() => refuse(config)).toThrow(`fromPretrained: ${words}`);
  });
});

describe('tensors', () => {
  test.each<[what: string, tensors: unknown, words: string]>([
    ['none', null, 'tensors are null, needs { data, shape } by name'],
    ['a number', { 'wte.weight': 3 }, 'wte.weight is 3, needs { data, shape } with a typed array'],
    [
      'too few values',
      { ...gpt2Tensors, 'ln_f.bias': { data: new Float32Array(1), shape: [2] } },
      'ln_f.bias has 1 values for 2 places of its shape',
    ],
    ['one is missing', without('ln_f.bias'), 'ln_f.bias is missing from the weights, which the config asks for'],
    [
      'many are missing',
      { 'wte.weight': values(3, 2) },
      'wpe.weight, h.0.ln_1.weight, h.0.ln_1.bias, h.0.attn.c_attn.weight, h.0.attn.c_attn.bias, and 10 more are missing from the weights',
    ],
    [
      'one is too many',
      { ...gpt2Tensors, 'score.weight': values(2, 2) },
      'the weights have score.weight, which a model of this config has no place for',
    ],
    [
      'turned',
      { ...gpt2Tensors, 'h.0.mlp.c_fc.weight': values(8, 2) },
      'the weights do not have the shapes that the config says: h.0.mlp.c_fc.weight is [8, 2] instead of [2, 8]',
    ],
    [
      'of whole numbers',
      { ...gpt2Tensors, 'ln_f.bias': { data: new Int32Array(2), shape: [2] } },
      'ln_f.bias is of whole numbers, needs floats',
    ],
    [
      'a map to the logits that is not tied',
      { ...gpt2Tensors, 'lm_head.weight': { data: Float32Array.of(0.1, 0.1, 0.1, 0.5, 0.1, 0.1), shape: [3, 2] } },
      'lm_head.weight is tied to wte.weight in models here, but has 0.5 instead of 0.10000000149011612 at index 3',
    ],
  ])('%s', (_, tensors, words) => {
    const before = memory().buffers;
    expect(() => refuse(gpt2, tensors)).toThrow(`fromPretrained: ${words}`);
    expect(memory().buffers).toBe(before);
  });
});

describe('a folder', () => {
  let made = 0;
  const make = (config: string | undefined, files: Readonly<Record<string, Uint8Array | string>> = {}): string => {
    const path = join(folder, `${made++}`);
    mkdirSync(path);
    if (config !== undefined) writeFileSync(join(path, 'config.json'), config);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
    return path;
  };
  const whole = toSafetensors(gpt2Tensors as Record<string, { data: Float32Array; shape: readonly number[] }>);

  test('that fits', async () => {
    const path = make(JSON.stringify(gpt2), { 'model.safetensors': whole });
    expect((await loadPretrained(path)).architecture).toBe('gpt2');
  });

  test('that is not there, or has no config', async () => {
    const path = join(folder, 'none');
    const words = `loadPretrained: cannot read '${join(path, 'config.json')}': there is no such file`;
    await expect(loadPretrained(path)).rejects.toThrow(new ArgumentError(words));
  });

  test('whose config is no JSON', async () => {
    const path = make('{');
    const words = `loadPretrained: '${join(path, 'config.json')}': it is no JSON; the file is damaged`;
    await expect(loadPretrained(path)).rejects.toThrow(new FormatError(words));
  });

  test('whose weights are of another format', async () => {
    const path = make(JSON.stringify(gpt2), { 'pytorch_model.bin': 'x' });
    const words = `openWeights: '${path}' has neither model.safetensors nor model.safetensors.index.json; it has 'pytorch_model.bin'`;
    await expect(loadPretrained(path)).rejects.toThrow(new ArgumentError(words));
  });

  test('whose weights do not fit is named', async () => {
    const path = make(JSON.stringify({ ...gpt2, n_layer: 2 }), { 'model.safetensors': whole });
    const words = `loadPretrained: '${path}': fromPretrained: h.1.ln_1.weight, h.1.ln_1.bias,`;
    await expect(loadPretrained(path)).rejects.toThrow(words);
    await expect(loadPretrained(path)).rejects.toThrow(ArgumentError);
  });
});
