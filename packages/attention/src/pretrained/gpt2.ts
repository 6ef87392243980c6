// GPT-2 in Hugging Face's layout: its maps have a column for each output, and one map makes queries, keys and values.

import { defined } from '../core/made.js';
import { GPT } from '../models/gpt.js';
import {
  activationOf,
  beginOf,
  count,
  dropoutOf,
  flag,
  layerCount,
  needArchitecture,
  needHeads,
  needOnly,
  number,
  type PretrainedConfig,
  plainActivations,
} from './config.js';
import { type Entry, one, type Plan, type Shapes, turned } from './plan.js';

export function gpt2Plan(config: PretrainedConfig, shapes: Shapes): Plan<GPT> {
  needArchitecture(config, ['GPT2LMHeadModel', 'GPT2Model']);
  needOnly(config, 'scale_attn_weights', true);
  needOnly(config, 'scale_attn_by_inverse_layer_idx', false);
  needOnly(config, 'add_cross_attention', false);
  const [vocabularySize, dModel] = [count(config, 'vocab_size', 50257), count(config, 'n_embd', 768)];
  const [nhead, numLayers] = [count(config, 'n_head', 12), layerCount(config, 'n_layer', 12)];
  needHeads('n_head', nhead, dModel);
  const maxLength = count(config, ['n_positions', 'n_ctx'], 1024);
  const dimFeedforward = count(config, 'n_inner', 4 * dModel);
  const tied = flag(config, 'tie_word_embeddings', true);
  const activation = activationOf(config, 'activation_function', plainActivations, 'gelu_new');
  const layerNormEps = number(config, 'layer_norm_epsilon', 1e-5);
  const dropout = dropoutOf(config, 'resid_pdrop', 0.1);
  const begin = beginOf(config, vocabularySize, 50256);
  const prefix = shapes.has('wte.weight') ? '' : 'transformer.';
  const norm = (to: string, from: string): Entry[] => [
    one(`${to}.weight`, `${from}.weight`, [dModel]),
    one(`${to}.bias`, `${from}.bias`, [dModel]),
  ];
  const map = (to: readonly [weight: string, bias: string], from: string, rows: number, columns: number): Entry[] => [
    turned(to[0], `${from}.weight`, [rows, columns]),
    one(to[1], `${from}.bias`, [rows]),
  ];
  const plain = (name: string): readonly [string, string] => [`${name}.weight`, `${name}.bias`];
  const layers = Array.from({ length: numLayers }, (_, i) => {
    const [to, from] = [`decoder.layers.${i}`, `${prefix}h.${i}`];
    const inputs = [`${to}.self_attn.in_proj_weight`, `${to}.self_attn.in_proj_bias`] as const;
    return [
      ...norm(`${to}.norm1`, `${from}.ln_1`),
      ...map(inputs, `${from}.attn.c_attn`, 3 * dModel, dModel),
      ...map(plain(`${to}.self_attn.out_proj`), `${from}.attn.c_proj`, dModel, dModel),
      ...norm(`${to}.norm2`, `${from}.ln_2`),
      ...map(plain(`${to}.linear1`), `${from}.mlp.c_fc`, dimFeedforward, dModel),
      ...map(plain(`${to}.linear2`), `${from}.mlp.c_proj`, dModel, dimFeedforward),
    ];
  });
  const table = `${prefix}wte.weight`;
  const size = [vocabularySize, dModel] as const;
  return {
    make: (options) =>
      new GPT({
        vocabularySize,
        dModel,
        nhead,
        numLayers,
        maxLength,
        dimFeedforward,
        activation,
        layerNormEps,
        tied,
        begin,
        // Their prompts are all that a text begins with.
        beginPrompts: false,
        dropout,
        ...defined(options),
      }),
    entries: [
      one('embedding.weight', table, size),
      one('inputPositions.weight', `${prefix}wpe.weight`, [maxLength, dModel]),
      ...layers.flat(),
      ...norm('decoder.norm', `${prefix}ln_f`),
      ...(tied ? [] : [one('output.weight', 'lm_head.weight', size)]),
    ],
    twins: tied ? [{ name: 'lm_head.weight', shape: size, of: table }] : [],
    // The causal mask, which older files have.
    isIdle: (name) => /(^|\.)h\.\d+\.attn\.(bias|masked_bias)$/.test(name),
  };
}
