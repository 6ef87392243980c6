// BERT in Hugging Face's layout: queries, keys and values have a map each, and norms are called by two names.

import { defined } from '../core/made.js';
import { BERT } from '../models/bert.js';
import {
  activationOf,
  count,
  dropoutOf,
  layerCount,
  needArchitecture,
  needOnly,
  number,
  type PretrainedConfig,
  plainActivations,
} from './config.js';
import { type Entry, one, type Plan, type Shapes, stacked } from './plan.js';

const architectures = [
  'BertForPreTraining',
  'BertForMaskedLM',
  'BertForNextSentencePrediction',
  'BertForSequenceClassification',
  'BertModel',
];

export function bertPlan(config: PretrainedConfig, shapes: Shapes): Plan<BERT> {
  needArchitecture(config, architectures);
  needOnly(config, 'position_embedding_type', 'absolute');
  needOnly(config, 'is_decoder', false);
  needOnly(config, 'add_cross_attention', false);
  const [vocabularySize, dModel] = [count(config, 'vocab_size', 30522), count(config, 'hidden_size', 768)];
  const [nhead, numLayers] = [count(config, 'num_attention_heads', 12), layerCount(config, 'num_hidden_layers', 12)];
  const maxLength = count(config, 'max_position_embeddings', 512);
  const segments = count(config, 'type_vocab_size', 2);
  const dimFeedforward = count(config, 'intermediate_size', 3072);
  const activation = activationOf(config, 'hidden_act', plainActivations, 'gelu');
  const layerNormEps = number(config, 'layer_norm_eps', 1e-12);
  const dropout = dropoutOf(config, 'hidden_dropout_prob', 0.1);

  const prefix = shapes.has('embeddings.word_embeddings.weight') ? '' : 'bert.';
  const square = [dModel, dModel] as const;
  const linear = (to: string, from: string, rows: number, columns: number): Entry[] => [
    one(`${to}.weight`, `${from}.weight`, [rows, columns]),
    one(`${to}.bias`, `${from}.bias`, [rows]),
  ];
  // Files that came from TensorFlow's say gamma and beta.
  const norm = (to: string, from: string): Entry[] => {
    const [weight, bias] = shapes.has(`${from}.gamma`) ? ['gamma', 'beta'] : ['weight', 'bias'];
    return [one(`${to}.weight`, `${from}.${weight}`, [dModel]), one(`${to}.bias`, `${from}.${bias}`, [dModel])];
  };
  const layers = Array.from({ length: numLayers }, (_, i) => {
    const [to, from] = [`encoder.layers.${i}`, `${prefix}encoder.layer.${i}`];
    const self = ['query', 'key', 'value'].map((name) => `${from}.attention.self.${name}`);
    return [
      stacked(
        `${to}.self_attn.in_proj_weight`,
        self.map((name) => [`${name}.weight`, square] as const),
      ),
      stacked(
        `${to}.self_attn.in_proj_bias`,
        self.map((name) => [`${name}.bias`, [dModel]] as const),
      ),
      ...linear(`${to}.self_attn.out_proj`, `${from}.attention.output.dense`, dModel, dModel),
      ...norm(`${to}.norm1`, `${from}.attention.output.LayerNorm`),
      ...linear(`${to}.linear1`, `${from}.intermediate.dense`, dimFeedforward, dModel),
      ...linear(`${to}.linear2`, `${from}.output.dense`, dModel, dimFeedforward),
      ...norm(`${to}.norm2`, `${from}.output.LayerNorm`),
    ];
  });

  const [tokens, said] = [`${prefix}embeddings.word_embeddings.weight`, 'cls.predictions'];
  const tokenHead = shapes.has(`${said}.transform.dense.weight`);
  const pooler = shapes.has(`${prefix}pooler.dense.weight`);
  const head = ['cls.seq_relationship', 'classifier'].find((name) => shapes.has(`${name}.weight`));
  const sentenceClasses = head === undefined ? undefined : shapes.get(`${head}.weight`)?.[0];
  return {
    make: ({ begin: _, ...options }) =>
      new BERT({
        vocabularySize,
        dModel,
        nhead,
        numLayers,
        maxLength,
        segments,
        dimFeedforward,
        activation,
        layerNormEps,
        tokenHead,
        pooler,
        ...(sentenceClasses !== undefined && { sentenceClasses }),
        dropout,
        ...defined(options),
      }),
    entries: [
      one('embedding.weight', tokens, [vocabularySize, dModel]),
      one('inputPositions.weight', `${prefix}embeddings.position_embeddings.weight`, [maxLength, dModel]),
      one('segmentEmbedding.weight', `${prefix}embeddings.token_type_embeddings.weight`, [segments, dModel]),
      ...norm('norm', `${prefix}embeddings.LayerNorm`),
      ...layers.flat(),
      ...(pooler || head !== undefined ? linear('pooler', `${prefix}pooler.dense`, dModel, dModel) : []),
      ...(tokenHead
        ? [
            ...linear('tokenHead.transform', `${said}.transform.dense`, dModel, dModel),
            ...norm('tokenHead.norm', `${said}.transform.LayerNorm`),
            one('tokenHead.bias', `${said}.bias`, [vocabularySize]),
          ]
        : []),
      ...(head === undefined ? [] : linear('sentenceHead', head, sentenceClasses!, dModel)),
    ],
    twins: tokenHead
      ? [
          { name: `${said}.decoder.weight`, shape: [vocabularySize, dModel], of: tokens },
          { name: `${said}.decoder.bias`, shape: [vocabularySize], of: `${said}.bias` },
        ]
      : [],
    isIdle: (name) => name === `${prefix}embeddings.position_ids` || name === `${prefix}embeddings.token_type_ids`,
  };
}
