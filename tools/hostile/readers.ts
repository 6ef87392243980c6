// Every reader of @dl with a file that it reads. A reader that is new gets a line here; a test asks for it.

import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync, gzipSync, inflateSync } from 'node:zlib';
import { fromPretrained } from '@dl/attention';
import { loadPretrained } from '@dl/attention/node';
import { useBackend } from '@dl/autograd';
import { fromSafetensors, packState, toSafetensors, unpackState } from '@dl/checkpoint';
import { loadFile, loadState, openWeights } from '@dl/checkpoint/node';
import * as data from '@dl/data';
import { decodeImage } from '@dl/data/images';
import { fileLines, imageFolder, loadCifar, loadMnist } from '@dl/data/node';
import { cpu } from '@dl/kernels-cpu';
import {
  LanguageModel,
  modelFromState,
  modelState,
  type NgramModel,
  readArpa,
  trainCharacters,
  trainNgram,
} from '@dl/lm';
import { WindowModel } from '@dl/lm/neural';
import { loadModel, readText } from '@dl/lm/node';

import { folderReaders } from './folders.js';
import { tokenizerReaders } from './tokenizers.js';
import { wordVectorReaders } from './word-vectors.js';

/** One line of the table. */
export interface Reader {
  readonly name: string;
  /** The exports that it goes through. */
  readonly covers: readonly string[];
  readonly valid: Uint8Array;
  /** Reads bytes; `folder` is an empty one of its own. */
  read(bytes: Uint8Array, folder: string): unknown;
  /** Where checksums or packing would keep changes from what lies behind them: takes that off, and puts it on again. */
  readonly cover?: { off(bytes: Uint8Array): Uint8Array; on(bytes: Uint8Array): Uint8Array };
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const golden = JSON.parse(
  readFileSync(new URL('../../packages/data/golden/images.json', import.meta.url), 'utf8'),
) as Record<string, { bytes: string }>;
const idx = (rank: number, sizes: readonly number[], values: number): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * rank + values).fill(3, 4 + 4 * rank);
  bytes.set([0, 0, 8, rank]);
  const view = new DataView(bytes.buffer);
  sizes.forEach((size, k) => view.setUint32(4 + 4 * k, size));
  return bytes;
};
const images = idx(3, [2, 28, 28], 2 * 784);
const labels = idx(1, [2], 2);
const word = (id: number, form: string, head: number) =>
  `${id}\t${form}\t${form}\tNOUN\t_\tA=B|C=D\t${head}\tdep\t_\t_`;
const conllu = `# sent_id = 1\n# text = é\n1-2\té\t_\t_\t_\t_\t_\t_\t_\t_\n${word(1, 'é', 2)}\n${word(2, 'b', 0)}\n\n`;
const csv = 'name,size,kind\n"a, ""b""",1,x\nc,2.5,y\nd,,x\n';
const state = packState({
  epoch: 3,
  best: Number.NaN,
  list: [1, -0, 'text', null, true],
  model: { bias: { data: Float32Array.of(1, 2, 3), shape: [3] }, steps: { data: Int32Array.of(4), shape: [] } },
});

/** A model in Hugging Face's layout, its weights in three files. */
const model = (name: string): Uint8Array =>
  readFileSync(
    fileURLToPath(new URL(`../../packages/attention/golden/pretrained/gpt2-sharded/${name}`, import.meta.url)),
  );
const INDEX = 'model.safetensors.index.json';
const shards = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);

async function modelIn(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  for (const each of ['config.json', INDEX, ...shards]) {
    await written(folder, each, each === name ? bytes : model(each));
  }
}

const loaded = async (folder: string, name: string, bytes: Uint8Array): Promise<void> => {
  await useBackend(cpu({ engine: 'typescript' }));
  await modelIn(folder, name, bytes);
  (await loadPretrained(folder)).model.dispose();
};

const gzipped = { off: (bytes: Uint8Array) => bytes, on: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)) };

/** Gives the chunks of a PNG the checksums that they should have, as far as there are chunks; and its pixels unpacked. */
const png: Reader['cover'] = {
  off: (bytes) =>
    chunksOf(bytes, (type, content) => (type === 'IDAT' ? new Uint8Array(inflateSync(content)) : content)),
  on: (bytes) => chunksOf(bytes, (type, content) => (type === 'IDAT' ? new Uint8Array(deflateSync(content)) : content)),
};

function chunksOf(bytes: Uint8Array, change: (type: string, content: Uint8Array) => Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [bytes.slice(0, 8)];
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    const type = bytes.slice(at + 4, at + 8);
    const content = change(Buffer.from(type).toString('latin1'), bytes.slice(at + 8, at + 8 + length));
    const body = Buffer.concat([type, content]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(body));
    parts.push(size, body, sum);
    at += 12 + length;
  }
  return new Uint8Array(Buffer.concat([...parts, bytes.slice(at)]));
}

async function written(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const throughAll = async (some: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of some);
};

const asImage = (bytes: Uint8Array): unknown => decodeImage(bytes);

const mnist = async (folder: string, name: string, bytes: Uint8Array): Promise<unknown> => {
  for (const part of ['train', 't10k']) {
    await written(folder, `${part}-images-idx3-ubyte`, images);
    await written(folder, `${part}-labels-idx1-ubyte`, labels);
  }
  await written(folder, name, bytes);
  return loadMnist(folder);
};

/** All that a table is asked for. */
function csvOf(bytes: Uint8Array): void {
  const table = data.parseCsv(data.decodeText(bytes));
  for (const name of table.names.slice(0, 5)) {
    table.categories(name);
    table.missing(name);
  }
  table.dropMissing().matrix(['name', 'size'], { oneHot: { name: ['a, "b"', 'c'] } });
}

/** A model of n-grams as ARPA has it, one of them without its begin. */
const arpa = [
  '\n\\data\\\nngram 1=5\nngram 2=4\nngram 3=2\n',
  '\\1-grams:\n-0.9\t<unk>\n-99\t<s>\t-0.3\n-0.6\t</s>\n-0.5\ta\t-0.30103\n-0.4\té\t-0.2\n',
  '\\2-grams:\n-0.25\t<s> a\t-0.1\n-0.3\ta é\t0.05\n-0.7\té </s>\n-1.5\té a\n',
  '\\3-grams:\n-0.15\t<s> a é\n-0.2\ta a é\n',
  '\\end\\\n',
].join('\n');
const ngrams = packState(modelState(await readArpa(arpa)));
const languageModel = packState(trainNgram(['anna', 'hannah', 'jo'], { order: 3 }).state());
await useBackend(cpu({ engine: 'typescript' }));
const network = packState(
  new LanguageModel(
    new WindowModel({ vocabularySize: 4, window: 2, embeddingSize: 2, hiddenSize: 3 }),
    trainCharacters('anna', { unk: '<unk>', eos: '</s>' }),
  ).state(),
);
const ngramNumbers = 8 + Number(new DataView(ngrams.buffer).getBigUint64(0, true));

/** The file with other numbers, as many as it had. */
function withNumbers(bytes: Uint8Array): Uint8Array {
  const whole = ngrams.slice();
  whole.set(bytes.subarray(0, whole.length - ngramNumbers), ngramNumbers);
  return whole;
}

export const readers: readonly Reader[] = [
  { name: 'IDX', covers: ['parseIdx'], valid: images, read: (bytes) => data.parseIdx(bytes) },
  { name: 'IDX in gzip', covers: ['parseIdxGz'], valid: gzipped.on(images), read: (bytes) => data.parseIdxGz(bytes) },
  {
    name: 'IDX in whole gzip',
    covers: ['parseIdxGz'],
    valid: images,
    read: (bytes) => data.parseIdxGz(bytes),
    cover: gzipped,
  },
  {
    name: 'gzip',
    covers: ['gunzip'],
    valid: gzipped.on(text('a line\n'.repeat(400))),
    read: (bytes) => data.gunzip(bytes),
  },
  {
    name: 'CIFAR',
    covers: ['parseCifar'],
    valid: new Uint8Array(2 * 3073).fill(7),
    read: (bytes) => data.parseCifar(bytes),
  },
  { name: 'CSV', covers: ['parseCsv', 'decodeText'], valid: text(csv), read: csvOf },
  {
    name: 'CoNLL-U',
    covers: ['parseConllu'],
    valid: text(conllu),
    read: (bytes) => data.parseConllu(data.decodeText(bytes)),
  },
  {
    name: 'tagged words',
    covers: ['parseTagged'],
    valid: text('a\tX\nb\tY\n\nc\tZ\n\n'),
    read: (bytes) => data.parseTagged(data.decodeText(bytes)),
  },
  {
    name: 'lines',
    covers: ['parseLines', 'parseParallel'],
    valid: text('a\nb\r\nc\rd\n'),
    read: (bytes) => data.parseParallel(data.parseLines(data.decodeText(bytes)).join('\n'), '1\n2\n3\n4\n'),
  },
  ...Object.entries(golden).map(
    ([name, { bytes }]): Reader => ({
      name,
      covers: ['decodeImage'],
      valid: new Uint8Array(Buffer.from(bytes, 'base64')),
      read: asImage,
      ...(name.endsWith('.png') && { cover: png }),
    }),
  ),
  {
    name: 'JSON of a state',
    covers: ['unpackState'],
    valid: text(fromSafetensors(state).metadata.state!),
    read: (bytes) =>
      unpackState(
        toSafetensors(fromSafetensors(state).tensors, { metadata: { state: Buffer.from(bytes).toString() } }),
      ),
  },
  {
    name: 'header of safetensors',
    covers: ['fromSafetensors'],
    valid: state.slice(8),
    // The length that the header has, whatever it holds.
    read: (bytes) => {
      const length = new Uint8Array(8);
      new DataView(length.buffer).setBigUint64(0, BigInt(Math.max(0, bytes.length - 16)), true);
      return fromSafetensors(new Uint8Array(Buffer.concat([length, bytes])));
    },
  },
  { name: 'ARPA', covers: ['readArpa'], valid: text(arpa), read: (bytes) => readArpa(bytes) },
  {
    name: 'ARPA as text',
    covers: ['readArpa'],
    valid: text(arpa),
    read: (bytes) => readArpa(Buffer.from(bytes).toString()),
  },
  { name: 'ARPA in gzip', covers: ['readArpa'], valid: gzipped.on(text(arpa)), read: (bytes) => readArpa(bytes) },
  {
    name: 'ARPA in whole gzip',
    covers: ['readArpa'],
    valid: text(arpa),
    read: (bytes) => readArpa(bytes),
    cover: gzipped,
  },
  {
    name: 'n-gram model',
    covers: ['modelFromState'],
    valid: ngrams,
    read: (bytes) => modelFromState(unpackState(bytes)),
  },
  {
    name: 'numbers of an n-gram model',
    covers: ['modelFromState'],
    valid: ngrams.slice(ngramNumbers),
    read: (bytes) => modelFromState(unpackState(withNumbers(bytes))),
  },
  ...tokenizerReaders,
  ...folderReaders,
  ...wordVectorReaders,
  { name: 'safetensors', covers: ['fromSafetensors'], valid: state, read: (bytes) => fromSafetensors(bytes) },
  {
    name: 'language model',
    covers: ['loadModel', 'languageModelFromState'],
    valid: languageModel,
    read: async (bytes, folder) => {
      const { tokenizer, model } = await loadModel(await written(folder, 'model.lm', bytes));
      (model as NgramModel).score(tokenizer.encode('anna'));
    },
  },
  {
    name: 'network as a language model',
    covers: ['loadModel', 'languageModelFromState'],
    valid: network,
    read: async (bytes, folder) => {
      await useBackend(cpu({ engine: 'typescript' }));
      const lm = await loadModel(await written(folder, 'model.lm', bytes));
      await lm.score('anna');
      (lm.model as WindowModel).dispose?.();
    },
  },
  { name: 'state', covers: ['unpackState'], valid: state, read: (bytes) => unpackState(bytes) },
  {
    name: 'file of weights',
    covers: ['loadFile'],
    valid: state,
    read: async (bytes, folder) => loadFile(await written(folder, 'a', bytes)),
  },
  {
    name: 'file of a state',
    covers: ['loadState'],
    valid: state,
    read: async (bytes, folder) => loadState(await written(folder, 'a', bytes)),
  },
  {
    name: 'index of weights',
    covers: ['openWeights'],
    valid: model(INDEX),
    read: async (bytes, folder) => {
      await modelIn(folder, INDEX, bytes);
      await (await openWeights(folder)).close();
    },
  },
  {
    name: 'config of a model',
    covers: ['fromPretrained'],
    valid: model('config.json'),
    read: async (bytes) => {
      await useBackend(cpu({ engine: 'typescript' }));
      const tensors = Object.assign({}, ...shards.map((name) => fromSafetensors(model(name)).tensors));
      let config: never;
      try {
        config = JSON.parse(Buffer.from(bytes).toString()) as never;
      } catch {
        return;
      }
      fromPretrained({ config, tensors }).model.dispose();
    },
  },
  ...['config.json', shards[1]!].map(
    (name): Reader => ({
      name: `folder of a model, ${name.split('.')[1]}`,
      covers: ['loadPretrained'],
      valid: model(name),
      read: (bytes, folder) => loaded(folder, name, bytes),
    }),
  ),
  {
    name: 'lines of a file',
    covers: ['fileLines'],
    valid: text('a line\nanother é\r\nthe last'),
    read: async (bytes, folder) => throughAll(fileLines(await written(folder, 'a', bytes))),
  },
  {
    name: 'a text',
    covers: ['readText'],
    valid: text('a line\nanother é\r\nthe last'),
    read: async (bytes, folder) => {
      const path = await written(folder, 'a', bytes);
      await throughAll(readText(path));
      await throughAll(readText(path, { lines: true }));
    },
  },
  {
    name: 'lines of a packed file',
    covers: ['fileLines'],
    valid: gzipped.on(text('a line\n'.repeat(400))),
    read: async (bytes, folder) => throughAll(fileLines(await written(folder, 'a.gz', bytes))),
  },
  {
    name: 'MNIST, images',
    covers: ['loadMnist'],
    valid: images,
    read: (bytes, folder) => mnist(folder, 'train-images-idx3-ubyte', bytes),
  },
  {
    name: 'MNIST, labels',
    covers: ['loadMnist'],
    valid: labels,
    read: (bytes, folder) => mnist(folder, 't10k-labels-idx1-ubyte', bytes),
  },
  {
    name: 'CIFAR, a folder',
    covers: ['loadCifar'],
    valid: gzipped.on(new Uint8Array(2 * 3073).fill(7)),
    read: async (bytes, folder) => {
      await written(folder, 'a.bin', bytes);
      return loadCifar(folder, { train: ['a.bin'], test: ['a.bin'] });
    },
  },
  {
    name: 'a folder of images',
    covers: ['imageFolder'],
    valid: new Uint8Array(Buffer.from(golden['rgb.png']!.bytes, 'base64')),
    read: async (bytes, folder) => {
      await written(folder, join('..', `${folder.split(/[\\/]/).at(-1)}`, 'a.png'), bytes);
      return throughAll(await imageFolder(join(folder, '..')));
    },
  },
];

/** Readers that take whatever comes, and are tried with servers that lie instead. */
export const withoutFormat = ['fetchBytes', 'cachedFile'];
