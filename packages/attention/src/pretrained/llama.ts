// The shape of Llama, which Mistral has too, in Hugging Face's layout: queries, keys and values have a map each, and so have gate and values of the feed-forward part.

import { defined } from '../core/made.js';
import { GPT } from '../models/gpt.js';
import { RotaryPositions, type RotaryScaling } from '../positions/rotary.js';
import {
  activationOf,
  beginOf,
  count,
  flag,
  layerCount,
  needArchitecture,
  needHeads,
  needOnly,
  number,
  type PretrainedConfig,
  quoted,
  refused,
} from './config.js';
import { type Entry, one, type Plan, type Shapes, stacked } from './plan.js';

const gated = { silu: 'swiglu', swish: 'swiglu', gelu: 'geglu' } as const;

export function llamaPlan(config: PretrainedConfig, shapes: Shapes): Plan<GPT> {
  needArchitecture(config, ['LlamaForCausalLM', 'LlamaModel', 'MistralForCausalLM', 'MistralModel']);
  const [vocabularySize, dModel] = [count(config, 'vocab_size', 32000), count(config, 'hidden_size', 4096)];
  const [nhead, numLayers] = [count(config, 'num_attention_heads', 32), layerCount(config, 'num_hidden_layers', 32)];
  const isMistral = config['model_type'] === 'mistral';
  const keyHeads = count(config, 'num_key_value_heads', isMistral ? 8 : nhead);
  const headDim = count(config, 'head_dim', Math.max(1, Math.floor(dModel / nhead)));
  needHeads('num_key_value_heads', keyHeads, nhead);
  if (headDim % 2 !== 0)
    throw refused(`head_dim of the config is ${headDim}, needs an even number, since features turn in pairs`);
  const dimFeedforward = count(config, 'intermediate_size', isMistral ? 14336 : 11008);
  const maxLength = count(config, 'max_position_embeddings', isMistral ? 131072 : 2048);
  const layerNormEps = number(config, 'rms_norm_eps', 1e-6);
  const activation = activationOf(config, 'hidden_act', gated, 'silu');
  const tied = flag(config, 'tie_word_embeddings', false);
  const bias = flag(config, 'attention_bias', false);
  needOnly(config, 'mlp_bias', bias, false);
  needOnly(config, 'partial_rotary_factor', 1);
  const begin = beginOf(config, vocabularySize, 1);
  // Where nothing is said it is 4,096; null is none.
  const window = isMistral && config['sliding_window'] !== null ? count(config, 'sliding_window', 4096) : undefined;
  const { base, scaling } = turns(config);

  const prefix = shapes.has('embed_tokens.weight') ? '' : 'model.';
  const [width, keyWidth] = [nhead * headDim, keyHeads * headDim];
  const weightOf = (name: string, rows: number, columns: number) => [`${name}.weight`, [rows, columns]] as const;
  const layers = Array.from({ length: numLayers }, (_, i): Entry[] => {
    const [to, from] = [`decoder.layers.${i}`, `${prefix}layers.${i}`];
    const [self, mlp] = [`${from}.self_attn`, `${from}.mlp`];
    const heads = [
      ['q_proj', width],
      ['k_proj', keyWidth],
      ['v_proj', keyWidth],
    ] as const;
    const halves = ['gate_proj', 'up_proj'];
    return [
      one(`${to}.norm1.weight`, `${from}.input_layernorm.weight`, [dModel]),
      stacked(
        `${to}.self_attn.in_proj_weight`,
        heads.map(([name, rows]) => weightOf(`${self}.${name}`, rows, dModel)),
      ),
      one(`${to}.self_attn.out_proj.weight`, `${self}.o_proj.weight`, [dModel, width]),
      one(`${to}.norm2.weight`, `${from}.post_attention_layernorm.weight`, [dModel]),
      stacked(
        `${to}.linear1.weight`,
        halves.map((name) => weightOf(`${mlp}.${name}`, dimFeedforward, dModel)),
      ),
      one(`${to}.linear2.weight`, `${mlp}.down_proj.weight`, [dModel, dimFeedforward]),
      ...(bias
        ? [
            stacked(
              `${to}.self_attn.in_proj_bias`,
              heads.map(([name, rows]) => [`${self}.${name}.bias`, [rows]] as const),
            ),
            one(`${to}.self_attn.out_proj.bias`, `${self}.o_proj.bias`, [dModel]),
            stacked(
              `${to}.linear1.bias`,
              halves.map((name) => [`${mlp}.${name}.bias`, [dimFeedforward]] as const),
            ),
            one(`${to}.linear2.bias`, `${mlp}.down_proj.bias`, [dModel]),
          ]
        : []),
    ];
  });
  const table = `${prefix}embed_tokens.weight`;
  const size = [vocabularySize, dModel] as const;
  return {
    make: (options) =>
      new GPT({
        vocabularySize,
        dModel,
        nhead,
        keyHeads,
        headDim,
        numLayers,
        maxLength,
        dimFeedforward,
        activation,
        bias,
        norm: 'rms',
        layerNormEps,
        inputPositions: 'none',
        positions: new RotaryPositions(headDim, { base, ...(scaling && { scaling }) }),
        tied,
        begin,
        // Their prompts are all that a text begins with.
        beginPrompts: false,
        ...(window !== undefined && { window }),
        dropout: 0,
        ...defined(options),
      }),
    entries: [
      one('embedding.weight', table, size),
      ...layers.flat(),
      one('decoder.norm.weight', `${prefix}norm.weight`, [dModel]),
      ...(tied ? [] : [one('output.weight', 'lm_head.weight', size)]),
    ],
    twins: tied ? [{ name: 'lm_head.weight', shape: size, of: table }] : [],
    isIdle: (name) => /(^|\.)layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/.test(name),
  };
}

/** Base and scaling of the rotary positions. Newer configs have both in `rope_parameters`. */
function turns(config: PretrainedConfig): { readonly base: number; readonly scaling: RotaryScaling | undefined } {
  const record = (value: unknown): PretrainedConfig | undefined =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PretrainedConfig) : undefined;
  const name = config['rope_parameters'] == null ? 'rope_scaling' : 'rope_parameters';
  const given = config[name] ?? undefined;
  const scaling = record(given);
  if (given !== undefined && scaling === undefined) {
    throw refused(`${name} of the config is ${quoted(given)}, needs an object or null`);
  }
  if (scaling !== undefined) {
    needOnly(scaling, 'partial_rotary_factor', 1);
    const inner = Object.keys(scaling).find((entry) => record(scaling[entry]) !== undefined);
    if (inner !== undefined)
      throw refused(`${name} of the config has one for ${inner} alone, and only one for all layers is known here`);
  }
  const base = number(scaling?.['rope_theta'] === undefined ? config : scaling, 'rope_theta', 10_000);
  const type = scaling?.['rope_type'] ?? scaling?.['type'] ?? 'default';
  if (scaling === undefined || type === 'default') return { base, scaling: undefined };
  if (type === 'linear') return { base, scaling: { type, factor: number(scaling, 'factor') } };
  if (type === 'llama3') {
    const value = (entry: string): number => number(scaling, entry);
    return {
      base,
      scaling: {
        type,
        factor: value('factor'),
        originalLength: value('original_max_position_embeddings'),
        lowFreqFactor: value('low_freq_factor'),
        highFreqFactor: value('high_freq_factor'),
      },
    };
  }
  throw refused(`${name} of the config is of the type ${quoted(type)}, needs one of default, linear, llama3`);
}
