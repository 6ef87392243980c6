// Models in Hugging Face's layout, written by PyTorch: what they give is what the forward passes written out there give.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { memory, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { fromSafetensors } from '@dl/checkpoint';
import { openWeights } from '@dl/checkpoint/node';
import { cpu } from '@dl/kernels-cpu';
import { allClose, settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { BERT, fromPretrained, GPT, type Pretrained } from '../index.js';
import { loadPretrained } from '../node.js';

beforeAll(() => useBackend(cpu()));

const golden = (path: string): string => fileURLToPath(new URL(`../../golden/pretrained/${path}`, import.meta.url));

type Expected = Readonly<Record<string, never>> & {
  readonly tokens: number[][];
  readonly segments?: number[][];
  readonly lengths?: number[];
  readonly logits?: number[][][];
  readonly hidden?: number[][][];
  readonly tokenLogits?: number[][][];
  readonly sentenceLogits?: number[][];
};
const all = JSON.parse(readFileSync(golden('expected.json'), 'utf8')) as Readonly<Record<string, Expected>>;

function compare({ model }: Pretrained, expected: Expected): void {
  const ints = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' });
  const close = (found: Tensor, wanted: number[][] | number[][][]): void =>
    expect(allClose(found, tensor(wanted), { atol: 1e-4, rtol: 1e-4 })).toBe(true);
  scope(() =>
    noGrad(() => {
      const tokens = ints(expected.tokens);
      if (model instanceof GPT) {
        close(model.forward(tokens), expected.logits!);
        return;
      }
      const { lengths, segments } = expected;
      const hidden = model.forward(tokens, { lengths: lengths!, segments: ints(segments!) });
      // What stands behind the end of a sequence is nothing that a comparison is about.
      lengths!.forEach((length, i) => {
        close(hidden.slice([i, [0, length]]), [expected.hidden![i]!.slice(0, length)][0]!);
        if (expected.tokenLogits === undefined) return;
        close(model.tokenLogits(hidden).slice([i, [0, length]]), expected.tokenLogits[i]!.slice(0, length));
      });
      close(model.sentenceLogits(hidden), expected.sentenceLogits!);
    }),
  );
}

test('every folder has been asked for', () => {
  expect(Object.keys(all).sort()).toEqual(
    ['bert', 'bert-classifier', 'gpt2', 'gpt2-sharded', 'llama', 'llama-tied', 'mistral'].sort(),
  );
});

describe.each(Object.entries(all))('%s', (name, expected) => {
  test('a folder gives the same logits', async () => {
    const loaded = await loadPretrained(golden(name));
    expect(loaded.architecture).toBe(name.split('-')[0]);
    expect(loaded.model.training).toBe(false);
    compare(loaded, expected);
    // Every parameter came from somewhere.
    const parameters = loaded.model.namedParameters().map(([parameter]) => parameter);
    expect(Object.keys(loaded.report.loaded).sort()).toEqual(parameters.sort());
    loaded.model.dispose();
  });

  test('so do a config and tensors, and the report names each of these once', async () => {
    const weights = await openWeights(golden(name));
    const entries: (readonly [string, { data: Float32Array; shape: readonly number[] }])[] = [];
    for (const each of Object.keys(weights.tensors)) {
      entries.push([each, (await weights.read(each)) as { data: Float32Array; shape: readonly number[] }]);
    }
    await weights.close();
    const config = JSON.parse(readFileSync(golden(`${name}/config.json`), 'utf8')) as Readonly<Record<string, unknown>>;
    const loaded = fromPretrained({ config, tensors: Object.fromEntries(entries) });
    compare(loaded, expected);
    const { loaded: from, tied, ignored } = loaded.report;
    expect([...Object.values(from).flat(), ...tied, ...ignored].sort()).toEqual(entries.map(([each]) => each).sort());
    loaded.model.dispose();
  });
});

test('what was loaded is said by the names of both sides', async () => {
  const { report } = await loadPretrained(golden('gpt2'));
  expect(report.loaded['decoder.layers.1.self_attn.in_proj_weight']).toEqual(['transformer.h.1.attn.c_attn.weight']);
  expect(report.tied).toEqual(['lm_head.weight']);
  expect(report.ignored).toEqual(['transformer.h.0.attn.bias', 'transformer.h.1.attn.bias']);
  const { report: other } = await loadPretrained(golden('bert'));
  const self = ['query', 'key', 'value'].map((part) => `bert.encoder.layer.0.attention.self.${part}.bias`);
  expect(other.loaded['encoder.layers.0.self_attn.in_proj_bias']).toEqual(self);
  expect(other.tied).toEqual(['cls.predictions.decoder.weight']);
  expect(other.ignored).toEqual(['bert.embeddings.position_ids']);
});

test('heads are those that there are weights for', async () => {
  const [pretrained, classifier] = [
    await loadPretrained(golden('bert')),
    await loadPretrained(golden('bert-classifier')),
  ];
  expect(pretrained.model).toBeInstanceOf(BERT);
  expect((pretrained.model as BERT).sentenceHead?.outFeatures).toBe(2);
  expect((classifier.model as BERT).sentenceHead?.outFeatures).toBe(3);
  expect((classifier.model as BERT).tokenHead).toBeUndefined();
});

test('weights in half precision become float32, and float64 where that is asked for', async () => {
  const dtypes = async (dtype: 'float32' | 'float64' | undefined): Promise<unknown> => {
    const { model } = await loadPretrained(golden('gpt2-sharded'), dtype === undefined ? {} : { dtype });
    return [...new Set(model.parameters().map((parameter) => parameter.dtype))];
  };
  expect(await dtypes(undefined)).toEqual(['float32']);
  expect(await dtypes('float64')).toEqual(['float64']);
  const [first] = Object.values(
    fromSafetensors(readFileSync(golden('gpt2-sharded/model-00001-of-00003.safetensors'))).tensors,
  );
  expect(first!.dtype).toBe('bfloat16');
});

test('a model can be trained on, with another dropout than the config says', async () => {
  const { model } = await loadPretrained(golden('gpt2'), { dropout: 0 });
  const loss = (): Tensor => (model as GPT).train().loss(tensor([[1, 2, 3]], { dtype: 'int32' }));
  expect(loss().item()).toBe(loss().item());
  loss().backward();
  expect(model.parameters().every((parameter) => parameter.grad !== undefined)).toBe(true);
});

test('nothing is left of a model that is disposed, nor of one that was refused half-way', async () => {
  const { buffers: before } = await settledMemory();
  const { model } = await loadPretrained(golden('bert'));
  model.dispose();
  expect(memory().buffers).toBe(before);
});
