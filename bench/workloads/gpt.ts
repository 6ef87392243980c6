// Decoders without a source (Radford et al., 2019), from @dl/attention: a token of a sequence that is being generated, with the keys and values of those before it
// kept; a small one that generates, here and as PyTorch exports it to ONNX; and a training step of a small one on characters.

import { GPT, type KeyValueCache } from '@dl/attention';
import * as dl from '@dl/autograd';
import { generate } from '@dl/lm';
import { Adam } from '@dl/optim';
import { dlStep, load } from './models.js';
import { floats, type Input, ints, type Workload, weights } from './workload.js';

interface Size {
  readonly vocabulary: number;
  readonly length: number;
  readonly features: number;
  readonly heads: number;
  readonly layers: number;
}

/** Around 1, as scales of a normalisation are. */
const scale = (features: number): Input => floats([features], { low: 0.8, high: 1.2 });

/** In the order of ours, which is that of PyTorch's layers. */
function parametersOf({ vocabulary, length, features: d, layers }: Size): readonly Input[] {
  const map = (rows: number, columns: number): Input[] => [
    weights([rows, columns], columns ** -0.5),
    weights([rows], 0.1),
  ];
  const norm = (): Input[] => [scale(d), weights([d], 0.1)];
  const layer = (): Input[] => [
    ...map(3 * d, d),
    ...map(d, d),
    ...map(4 * d, d),
    ...map(d, 4 * d),
    ...norm(),
    ...norm(),
  ];
  return [
    weights([vocabulary, d], 0.1),
    weights([length, d], 0.1),
    ...Array.from({ length: layers }, layer).flat(),
    ...norm(),
  ];
}

function gpt(
  { vocabulary, length, features, heads, layers }: Size,
  parameters: readonly dl.Tensor[],
  tied = true,
): GPT {
  const config = { vocabularySize: vocabulary, dModel: features, nhead: heads, numLayers: layers, maxLength: length };
  return load(new GPT({ ...config, tied, dropout: 0 }), parameters);
}

const torchModel = ({ vocabulary, length, features, heads, layers }: Size, tied = true): string => `
class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(${vocabulary}, ${features})
        self.positions = nn.Embedding(${length}, ${features})
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(${features}, ${heads}, ${4 * features}, dropout=0.0, activation='gelu',
            batch_first=True, norm_first=True) for _ in range(${layers})])
        self.norm = nn.LayerNorm(${features})
        self.output = ${tied ? 'self.tokens' : `nn.Linear(${features}, ${vocabulary}, bias=False)`}
    def forward(self, x, mask):
        h = self.tokens(x) + self.positions.weight[:x.shape[1]]
        for layer in self.layers:
            h = layer(h, mask)
        return F.linear(self.norm(h), self.output.weight)
    def step(self, token, at, cache):
        h = self.tokens.weight[token] + self.positions.weight[at]
        for layer, (keys, values) in zip(self.layers, cache):
            own = layer.self_attn
            q, k, v = F.linear(layer.norm1(h), own.in_proj_weight, own.in_proj_bias).view(3, ${heads}, 1, ${features / heads})
            keys[:, at], values[:, at] = k[:, 0], v[:, 0]
            weights = torch.softmax(q @ keys[:, :at + 1].transpose(1, 2) * ${(features / heads) ** -0.5}, -1)
            h = h + own.out_proj((weights @ values[:, :at + 1]).reshape(${features}))
            h = h + layer.linear2(F.gelu(layer.linear1(layer.norm2(h))))
        return F.log_softmax(F.linear(self.norm(h), self.output.weight), -1)[None]
`;

const LARGE: Size = { vocabulary: 2000, length: 1024, features: 384, heads: 6, layers: 5 };

/** From so many tokens on, so many more are said one by one, and then again: half of them later is the length that is measured. */
const SAID = 100;
const tokenAt = (at: number): number => (7 * at) % LARGE.vocabulary;

/** One token after the other, from a prompt of `from` tokens on. */
function said(from: number): Workload['dl'] {
  return (...parameters) => {
    const model = gpt(LARGE, parameters).eval();
    const prompt = model.newCache();
    const tokens = Array.from({ length: from }, (_, at) => tokenAt(at));
    dl.noGrad(() => model.read([tokens], prompt));
    let cache: KeyValueCache | undefined;
    return () => {
      if (cache === undefined || cache.length === from + SAID) {
        cache?.dispose();
        cache = prompt.select([0]);
      }
      const own = cache;
      return dl.noGrad(() => model.step([tokenAt(own.length)], own).logProbabilities as dl.Tensor);
    };
  };
}

const SMALL: Size = { vocabulary: 96, length: 128, features: 128, heads: 4, layers: 4 };
const BATCH = 32;

/** So many tokens are generated, from the begin token on. */
const GENERATED = 100;
/** Keys and values of each layer that went before, in their order; and what they become. */
const [past, present] = ['past', 'present'].map((when) =>
  Array.from({ length: 2 * SMALL.layers }, (_, i) => `${when}${i}`),
) as [string[], string[]];
const [HEADS, WIDTH] = [SMALL.heads, SMALL.features / SMALL.heads];

/** A position with the keys and values of those before it as inputs, and those of all as outputs: how transformers are usually exported. */
const exportedModel = `${torchModel(SMALL, false)}
class Cached(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
    def forward(self, token, place, *past):
        model, present = self.model, []
        h = model.tokens(token) + model.positions(place)
        for i, layer in enumerate(model.layers):
            own = layer.self_attn
            qkv = F.linear(layer.norm1(h), own.in_proj_weight, own.in_proj_bias).view(1, 1, 3, ${HEADS}, ${WIDTH})
            q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
            keys, values = torch.cat([past[2 * i], k], 2), torch.cat([past[2 * i + 1], v], 2)
            weights = torch.softmax(q @ keys.transpose(2, 3) * ${WIDTH ** -0.5}, -1)
            h = h + own.out_proj((weights @ values).transpose(1, 2).reshape(1, 1, ${SMALL.features}))
            h = h + layer.linear2(F.gelu(layer.linear1(layer.norm2(h))))
            present += [keys, values]
        return (F.linear(model.norm(h), model.output.weight), *present)
def make(*values):
    model = GPT()
    load(model, values)
    past, present = ${JSON.stringify(past)}, ${JSON.stringify(present)}
    one = torch.zeros(1, 1, dtype=torch.long)
    cache = [torch.zeros(1, ${HEADS}, 3, ${WIDTH}) for _ in past]
    return Cached(model), (one, one, *cache), {
        'input_names': ['token', 'place', *past],
        'output_names': ['logits', *present],
        'dynamic_axes': {name: {2: axis} for names, axis in [(past, 'before'), (present, 'after')] for name in names},
    }`;

const bestOf = (logits: Float32Array): number => logits.reduce((best, x, i) => (x > logits[best]! ? i : best), 0);

/** Token after token, each the most likely one. Its own map to the logits: by that of the vectors of tokens, one that was said would often be said again. */
const generation: Workload = {
  name: `small GPT, ${GENERATED} tokens generated with its cache, ${SMALL.layers} layers, features ${SMALL.features}`,
  inputs: [...parametersOf(SMALL), weights([SMALL.vocabulary, SMALL.features], SMALL.features ** -0.5)],
  dl: (...values) => {
    const model = gpt(SMALL, values, false).eval();
    return async () => (await generate(model, { temperature: 0, maxLength: GENERATED }))[0]!.tokens;
  },
  exported: {
    torch: exportedModel,
    call: (model) => async () => {
      const said: number[] = [];
      let cache = past.map(() => model.floats(new Float32Array(0), [1, HEADS, 0, WIDTH]));
      for (let at = 0; at < GENERATED; at++) {
        const [token, place] = [said.at(-1) ?? 0, at].map((value) => model.integers([value], [1, 1]));
        const feeds = { token: token!, place: place!, ...Object.fromEntries(cache.map((each, i) => [past[i]!, each])) };
        const out = await model.run(feeds);
        said.push(bestOf(out['logits']!.data));
        for (const each of [...cache, token!, place!, out['logits']!]) each.dispose?.();
        cache = present.map((name) => out[name]!);
      }
      for (const each of cache) each.dispose?.();
      return said;
    },
  },
  torch: `${torchModel(SMALL, false)}
def make(*values):
    model = GPT()
    load(model, values)
    model.eval()
    cache = [(torch.zeros(${HEADS}, ${SMALL.length}, ${WIDTH}), torch.zeros(${HEADS}, ${SMALL.length}, ${WIDTH})) for _ in range(${SMALL.layers})]
    def run():
        said = [0]
        for at in range(${GENERATED}):
            said.append(int(model.step(said[-1], at, cache).argmax()))
        return torch.tensor(said[1:])
    return run`,
  isAsync: true,
  tokens: GENERATED,
  isNetwork: true,
};

const large = parametersOf(LARGE);

export const gpts: readonly Workload[] = [
  {
    name: 'GPT of 10 M parameters, a token with a cache of 950',
    inputs: large,
    dl: said(900),
    smaller: { inputs: large, dl: said(1) },
    torch: `${torchModel(LARGE)}
def make(*values):
    model = GPT()
    load(model, values)
    model.eval()
    cache = [(torch.zeros(${LARGE.heads}, ${LARGE.length}, ${LARGE.features / LARGE.heads}), torch.zeros(${LARGE.heads}, ${LARGE.length}, ${LARGE.features / LARGE.heads})) for _ in range(${LARGE.layers})]
    for at in range(900):
        model.step(7 * at % ${LARGE.vocabulary}, at, cache)
    state = {'at': 900}
    def run():
        if state['at'] == 900 + ${SAID}:
            state['at'] = 900
        at = state['at']
        state['at'] = at + 1
        return model.step(7 * at % ${LARGE.vocabulary}, at, cache)
    return run`,
    tokens: 1,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-3,
  },
  generation,
  {
    name: `small GPT training step with Adam, ${SMALL.layers} layers, features ${SMALL.features}, length ${SMALL.length}, batch ${BATCH}`,
    inputs: [
      ints([BATCH, SMALL.length], 0, SMALL.vocabulary),
      ints([BATCH * SMALL.length], 0, SMALL.vocabulary),
      ...parametersOf(SMALL),
    ],
    dl: (x, labels, ...values) => {
      const model = gpt(SMALL, values);
      const parameters = model.parameters();
      const loss = (): dl.Tensor => dl.crossEntropy(model.forward(x).reshape([-1, SMALL.vocabulary]), labels);
      return dlStep(parameters, loss, new Adam(parameters));
    },
    torch: `${torchModel(SMALL)}
def make(x, labels, *values):
    model = GPT()
    load(model, values)
    mask = torch.triu(torch.full((${SMALL.length}, ${SMALL.length}), float('-inf')), 1)
    loss = lambda: F.cross_entropy(model(x, mask).reshape(-1, ${SMALL.vocabulary}), labels)
    return step(model.parameters(), loss, torch.optim.Adam(model.parameters()))`,
    tokens: BATCH * SMALL.length,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-3,
  },
];
