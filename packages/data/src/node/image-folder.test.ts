// Folders of images: order, classes, pixels, and going on in the middle of an epoch.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError, Generator, IndexError } from '@dl/autograd';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gunzip } from '../gzip.js';
import { parseCifar } from '../readers/cifar.js';
import { streamLoader } from '../stream.js';
import { imageFolder } from './image-folder.js';

const golden: Record<string, { bytes: string; data: number[] }> = JSON.parse(
  await readFile(new URL('../../golden/images.json', import.meta.url), 'utf8'),
);
const image = (name: string): Uint8Array => Buffer.from(golden[name]!.bytes, 'base64');
const caught = (act: Promise<unknown>): Promise<unknown> => act.catch((error: unknown) => error);

let folder = '';
afterEach(() => rm(folder, { recursive: true }));

describe('imageFolder', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-'));
    for (const name of ['zebra', 'ape', '.hidden']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'zebra', '2.png'), image('rgb.png'));
    await writeFile(join(folder, 'zebra', '1.JPG'), image('baseline.jpg'));
    await writeFile(join(folder, 'zebra', 'notes.txt'), 'no image');
    await writeFile(join(folder, 'ape', 'a.png'), image('grey.png'));
  });

  it('reads images by class and name', async () => {
    const images = await imageFolder(folder);
    expect(images.classes).toEqual(['ape', 'zebra']);
    expect(images.files).toEqual(['ape/a.png', 'zebra/1.JPG', 'zebra/2.png']);
    expect(images.labels).toEqual(Int32Array.of(0, 1, 1));
    const labels: number[] = [];
    for await (const { image: each, label } of images) {
      expect(each.shape).toEqual([3, 21, 26]);
      labels.push(label);
    }
    expect(labels).toEqual([0, 1, 1]);
    const { image: last } = await images.read(2);
    expect(last.data).toEqual(Float32Array.from(golden['rgb.png']!.data, (byte) => byte / 255));
    expect((await (await imageFolder(folder, { channels: 1 })).read(0)).image.shape).toEqual([1, 21, 26]);
  });

  it('real CIFAR images as PNG and JPEG, the pixels of the binary version', async ({ skip }) => {
    const root = process.env.DL_DATA;
    if (root === undefined) skip('needs CIFAR-10: set DL_DATA to a folder that has cifar10/test_500.bin.gz');
    const { images, labels } = parseCifar(await gunzip(await readFile(join(root!, 'cifar10', 'test_500.bin.gz'))));
    await rm(join(folder, 'zebra'), { recursive: true });
    await rm(join(folder, 'ape'), { recursive: true });
    const count = 40;
    for (let i = 0; i < count; i++) {
      const planes = Uint8Array.from(images.data.subarray(i * 3072, (i + 1) * 3072), (x) => Math.round(x * 255));
      const pixels = Uint8Array.from({ length: 3072 }, (_, k) => planes[(k % 3) * 1024 + Math.floor(k / 3)]!);
      const to = join(folder, `class-${labels.data[i]}`);
      await mkdir(to, { recursive: true });
      const name = String(i).padStart(3, '0');
      await writeFile(join(to, `${name}.png`), encode({ width: 32, height: 32, data: pixels, channels: 3, depth: 8 }));
      const rgba = Uint8Array.from({ length: 4096 }, (_, k) => (k % 4 === 3 ? 255 : pixels[(k >> 2) * 3 + (k % 4)]!));
      await writeFile(join(to, `${name}.jpg`), jpeg.encode({ width: 32, height: 32, data: rgba }, 95).data);
    }
    const read = await imageFolder(folder);
    expect(read.files.length).toBe(2 * count);
    for (let index = 0; index < read.files.length; index++) {
      const [, kind, number, end] = /^class-(\d)\/(\d+)\.(\w+)$/.exec(read.files[index]!)!;
      const { image: each, label } = await read.read(index);
      expect(read.classes[label]).toBe(`class-${kind}`);
      const i = Number(number);
      expect(labels.data[i]).toBe(Number(kind));
      const whole = images.data.subarray(i * 3072, (i + 1) * 3072);
      if (end === 'png') {
        expect(each.data).toEqual(whole);
      } else {
        // JPEG keeps what eyes see: a deviation of a few of 255.
        const square = each.data.reduce((sum, x, k) => sum + (x - whole[k]!) ** 2, 0) / 3072;
        expect(Math.sqrt(square)).toBeLessThan(0.04);
      }
    }
  });

  it('shuffles by its generator', async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      const run = async () => {
        const values: number[] = [];
        for await (const { image: each } of await imageFolder(folder, {
          shuffle: true,
          generator: new Generator(seed),
        })) {
          values.push(each.data.reduce((sum, x) => sum + x, 0));
        }
        return values;
      };
      const values = await run();
      expect(await run()).toEqual(values);
      expect(new Set(values).size).toBe(3);
      orders.add(String(values));
    }
    expect(orders.size).toBeGreaterThan(2);
  });

  it('in a stream goes on in the middle of an epoch, in the same order', async () => {
    for (let k = 3; k < 9; k++) await writeFile(join(folder, 'ape', `${k}.png`), image(k % 2 ? 'rgb.png' : 'grey.png'));
    const sums = (some: readonly { image: { data: Float32Array }; label: number }[]) =>
      some.map((each) => each.image.data.reduce((sum, x) => sum + x, each.label));
    const make = async (seed: number, byIndex: boolean) => {
      const generator = new Generator(seed);
      const images = await imageFolder(folder, { shuffle: true, generator });
      const options = { batchSize: 2, generator, shuffleBuffer: 3 };
      return byIndex
        ? streamLoader([...images.files.keys()], {
            ...options,
            collate: async (some) => sums(await Promise.all(some.map(images.read))),
          })
        : streamLoader(images, { ...options, collate: (some) => sums(some) });
    };
    for (const byIndex of [false, true]) {
      const whole: number[][] = [];
      const first = await make(1, byIndex);
      for (let epoch = 0; epoch < 2; epoch++) for await (const batch of first) whole.push(batch);
      expect(whole.length).toBe(10);
      for (let stop = 1; stop < 5; stop++) {
        const seen: number[][] = [];
        const cut = await make(1, byIndex);
        for await (const batch of cut) if (seen.push(batch) === stop) break;
        const resumed = await make(9, byIndex);
        resumed.state = JSON.parse(JSON.stringify(cut.state));
        for (let epoch = 0; epoch < 2; epoch++) for await (const batch of resumed) seen.push(batch);
        expect(seen).toEqual(whole);
      }
    }
  });

  it('says what is missing or damaged', async () => {
    expect(await caught(imageFolder(join(folder, 'no')))).toEqual(
      new ArgumentError(
        `imageFolder: cannot read '${join(folder, 'no')}', needs a folder with a subfolder for each class`,
      ),
    );
    expect(await caught(imageFolder(join(folder, 'ape')))).toEqual(
      new ArgumentError(`imageFolder: '${join(folder, 'ape')}' has no subfolders, needs one for each class`),
    );
    await writeFile(join(folder, 'zebra', '2.png'), image('rgb.png').subarray(0, 200));
    const images = await imageFolder(folder);
    expect(await caught(images.read(2))).toEqual(
      new FormatError(
        'imageFolder: zebra/2.png: the PNG is damaged or cut off: a chunk is longer than the file; get the file again',
      ),
    );
    expect(await caught(images.read(3))).toEqual(new IndexError('imageFolder: index 3 is not a file, needs 0 to 2'));
    await rm(join(folder, 'ape', 'a.png'));
    expect(await caught(imageFolder(folder))).toEqual(
      new ArgumentError(`imageFolder: '${join(folder, 'ape')}' has no .png, .jpg or .jpeg, needs at least one`),
    );
  });
});
