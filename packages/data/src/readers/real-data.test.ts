// The readers on real data, against counts and sums from the sets' descriptions and from Python's own readers.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../gzip.js';
import { parseCifar } from './cifar.js';
import { parseConllu, parseTagged } from './conllu.js';
import { parseCsv } from './csv.js';
import { decodeText, parseLines, parseParallel } from './text.js';

const root = process.env.DL_DATA;
const bytes = async (path: string): Promise<Uint8Array> => gunzip(await readFile(join(root!, path)));
const text = async (path: string): Promise<string> => decodeText(await bytes(path));
const sum = (data: ArrayLike<number>): number => Array.from(data).reduce((total, x) => total + x, 0);

describe('real data', () => {
  const real = (name: string, test: () => Promise<void>): void =>
    it(name, async ({ skip }) => {
      if (root === undefined)
        skip('needs real data: set DL_DATA to a folder that has cifar10, tabular, ud-ewt and so on');
      await test();
    });

  real('CIFAR-10', async () => {
    for (const [file, first, counts, means] of [
      [
        'train_2000',
        [6, 9, 9, 4, 1, 1, 2, 7, 8, 3],
        [202, 191, 203, 195, 214, 183, 207, 199, 203, 203],
        [0.49143628, 0.48354217, 0.44679404],
      ],
      [
        'test_500',
        [3, 8, 8, 0, 6, 6, 1, 6, 3, 1],
        [57, 41, 51, 49, 40, 48, 54, 47, 57, 56],
        [0.50175816, 0.49290051, 0.45820259],
      ],
    ] as const) {
      const { images, labels } = parseCifar(await bytes(`cifar10/${file}.bin.gz`));
      const count = labels.data.length;
      expect([...labels.data.subarray(0, 10)]).toEqual(first);
      expect(counts.map((_, k) => labels.data.filter((label) => label === k).length)).toEqual(counts);
      means.forEach((mean, plane) => {
        let total = 0;
        for (let i = 0; i < count; i++) {
          for (let k = 0; k < 1024; k++) total += images.data[(i * 3 + plane) * 1024 + k]!;
        }
        expect(total / count / 1024).toBeCloseTo(mean, 7);
      });
    }
  });

  real('wine, banknotes, red wine and irises: every column', async () => {
    for (const [file, sums] of Object.entries({
      wine: [
        2314.11, 415.87, 421.24, 3470.1, 17754, 408.53, 361.21, 64.41, 283.18, 900.339999, 170.426, 464.88, 132947, 345,
      ],
      banknote_authentication: [595.084773, 2637.468482, 1917.544405, -1634.952745, 610],
      'winequality-red': [
        13303.1, 843.985, 433.29, 4059.55, 139.859, 25384, 74302, 1593.79794, 5294.47, 1052.38, 16666.35, 9012,
      ],
      'pima-indians-diabetes': [2953, 92847, 53073, 15772, 61286, 24570.3, 362.401, 25529, 268],
    })) {
      const table = parseCsv(await text(`tabular/${file}.csv`), { header: false });
      expect(table.names.length).toBe(sums.length);
      sums.forEach((expected, k) => {
        expect(sum(table.numbers(String(k)).data)).toBeCloseTo(expected, 5);
      });
    }
    const iris = parseCsv(await text('tabular/iris.csv'), { header: ['a', 'b', 'c', 'd', 'species'] });
    expect(iris.categories('species').categories).toEqual(['Iris-setosa', 'Iris-versicolor', 'Iris-virginica']);
    expect(sum(iris.matrix(['a', 'b', 'c', 'd']).data)).toBeCloseTo(876.5 + 458.1 + 563.8 + 179.8, 2);
  });

  real('abalone: a column of letters and eight of numbers', async () => {
    const table = parseCsv(await text('tabular/abalone.csv'), { header: false });
    expect([table.rows, table.names.length]).toEqual([4177, 9]);
    const { codes, categories } = table.categories('0');
    expect(categories.map((name, k) => [name, codes.data.filter((code) => code === k).length])).toEqual([
      ['F', 1307],
      ['I', 1342],
      ['M', 1528],
    ]);
    expect(sum(table.integers('8').data)).toBe(41493);
    expect(sum(table.numbers('1').data)).toBeCloseTo(2188.715, 6);
  });

  real('penguins and cars: missing values', async () => {
    const penguins = parseCsv(await text('tabular/penguins.csv'));
    expect(penguins.rows).toBe(344);
    expect(penguins.names.map((name) => penguins.missing(name))).toEqual([0, 0, 2, 2, 2, 2, 11]);
    expect(penguins.dropMissing().rows).toBe(333);
    expect(sum(penguins.numbers('body_mass_g').data.filter((mass) => !Number.isNaN(mass)))).toBe(1437000);
    const species = penguins.categories('species');
    expect(species.categories).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    expect([0, 1, 2].map((k) => species.codes.data.filter((code) => code === k).length)).toEqual([152, 68, 124]);
    const cars = parseCsv(await text('tabular/mpg.csv'));
    expect([cars.rows, cars.missing('horsepower'), cars.dropMissing().rows]).toEqual([398, 6, 392]);
    const months = parseCsv(await text('tabular/airline-passengers.csv'));
    expect([months.rows, months.texts('Month')[0], months.integers('Passengers').data[0]]).toEqual([
      144,
      '1949-01',
      112,
    ]);
  });

  real('UD English-EWT', async () => {
    const sentences = parseConllu(await text('ud-ewt/en_ewt-ud-dev.conllu.gz'));
    const words = sentences.flatMap((sentence) => sentence.words);
    expect([sentences.length, words.length]).toEqual([2001, 25147]);
    expect(sum(sentences.map(({ multiwords }) => multiwords.length))).toBe(359);
    expect(sum(sentences.map(({ emptyNodes }) => emptyNodes.length))).toBe(4);
    const count = (tag: string) => words.filter(({ upos }) => upos === tag).length;
    expect([count('NOUN'), count('PUNCT'), count('VERB'), count('PRON')]).toEqual([4210, 3075, 2707, 2225]);
    expect(words.filter(({ head }) => head === 0).length).toBe(2001);
    expect(words.filter(({ feats }) => feats['Number'] === 'Plur').length).toBe(1780);
    expect(sentences.filter(({ metadata }) => 'newdoc id' in metadata).length).toBe(318);
    expect(sentences[0]?.metadata['text']).toBe('From the AP comes this story :');

    // The two-column file was made from the same treebank: word for word the same.
    const tagged = parseTagged(await text('ud-ewt/dev.tsv'));
    expect(tagged.map(({ forms }) => forms)).toEqual(sentences.map((each) => each.words.map(({ form }) => form)));
    expect(tagged.map(({ tags }) => tags)).toEqual(sentences.map((each) => each.words.map(({ upos }) => upos)));
    const train = parseTagged(await text('ud-ewt/train.tsv'));
    expect([train.length, sum(train.map(({ forms }) => forms.length))]).toEqual([12544, 204577]);
    expect(new Set(train.flatMap(({ tags }) => tags)).size).toBe(17);
  });

  real('names, tiny Shakespeare, SST-2 and Multi30k', async () => {
    const names = parseLines(await text('names/names.txt'));
    expect([names.length, names[0], names.at(-1)]).toEqual([32033, 'emma', 'zzyzx']);
    const play = await text('tinyshakespeare/input.txt');
    expect([play.length, new Set(play).size, parseLines(play).length]).toEqual([1115394, 65, 40000]);
    for (const [part, rows, positive] of [
      ['train', 6920, 3610],
      ['dev', 872, 444],
      ['test', 1821, 909],
    ] as const) {
      const options = { separator: '\t', quote: '', header: ['label', 'text'], missing: [] };
      const table = parseCsv(await text(`sst2/${part}.tsv`), options);
      expect([table.rows, sum(table.integers('label').data)]).toEqual([rows, positive]);
    }
    for (const [part, lines] of [
      ['train_10k', 10000],
      ['val', 1014],
      ['test_2016_flickr', 1000],
    ] as const) {
      const pairs = parseParallel(await text(`multi30k/${part}.de.gz`), await text(`multi30k/${part}.en.gz`));
      expect(pairs.length).toBe(lines);
    }
    const [first] = parseParallel(await text('multi30k/val.de.gz'), await text('multi30k/val.en.gz'));
    expect(first).toEqual({
      source: 'Eine Gruppe von Männern lädt Baumwolle auf einen Lastwagen',
      target: 'A group of men are loading cotton onto a truck',
    });
  });
});
