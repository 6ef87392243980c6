// Every reader with changed files: see README.md.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as attention from '@dl/attention';
import * as attentionNode from '@dl/attention/node';
import * as checkpoint from '@dl/checkpoint';
import * as checkpointNode from '@dl/checkpoint/node';
import * as data from '@dl/data';
import * as images from '@dl/data/images';
import * as dataNode from '@dl/data/node';
import * as lm from '@dl/lm';
import * as lmNeural from '@dl/lm/neural';
import * as lmNode from '@dl/lm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from './mutate.js';
import { readers, withoutFormat } from './readers.js';
import { changed, tryOne } from './trial.js';

const FILES = 120;

let top = '';
let folder = '';
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'dl-hostile-'));
  folder = join(top, 'class');
  await mkdir(folder);
});
afterAll(() => rm(top, { recursive: true }));

describe('every reader', () => {
  it('has a line in the table', () => {
    const names = [
      attention,
      attentionNode,
      checkpoint,
      checkpointNode,
      data,
      images,
      dataNode,
      lm,
      lmNeural,
      lmNode,
    ].flatMap((module) => Object.keys(module));
    const read = names.filter((name) =>
      /^(parse|decode|gunzip|from|unpack|read[A-Z]|load[A-Z]|open|fetch|fileLines|cached|image)|FromState$/.test(name),
    );
    expect(read.length).toBeGreaterThan(17);
    const covered = new Set([...readers.flatMap(({ covers }) => covers), ...withoutFormat]);
    expect(read.filter((name) => !covered.has(name))).toEqual([]);
  });

  it.each(readers)('$name: reads the file that is whole', async (reader) => {
    await reader.read(reader.valid, folder);
    if (reader.cover !== undefined) await reader.read(reader.cover.on(reader.cover.off(reader.valid)), folder);
  });

  it.each(readers)('$name: reads a changed file, or refuses it in a sentence', async (reader) => {
    for (let trial = 0; trial < FILES; trial++) {
      const { fault, megabytes } = await tryOne(reader, trial, folder);
      expect(fault, `file ${trial}`).toBeUndefined();
      expect(megabytes, `file ${trial}`).toBeLessThan(100);
    }
  });
});

describe('the changes', () => {
  const bytes = Uint8Array.from({ length: 500 }, (_, i) => i);

  it('are the same for a number, differ between numbers, and leave the file alone', () => {
    const all = Array.from({ length: 300 }, (_, trial) => Buffer.from(mutate(bytes, trial)).toString('hex'));
    expect(all).toEqual(all.map((_, trial) => Buffer.from(mutate(bytes, trial)).toString('hex')));
    expect(new Set(all).size).toBeGreaterThan(280);
    expect(bytes).toEqual(Uint8Array.from({ length: 500 }, (_, i) => i));
  });

  it('leave a Buffer alone, too, whose slices are the same memory, and are those of its bytes', () => {
    const buffer = Buffer.from(bytes);
    const all = Array.from({ length: 300 }, (_, trial) => Buffer.from(mutate(buffer, trial)).toString('hex'));
    expect(all).toEqual(all.map((_, trial) => Buffer.from(mutate(bytes, trial)).toString('hex')));
    expect(new Uint8Array(buffer)).toEqual(bytes);
  });

  it('reach what lies behind checksums', () => {
    const png = readers.find(({ name }) => name === 'rgb.png')!;
    let read = 0;
    for (let trial = 1; trial < 400; trial += 2) {
      try {
        png.read(changed(png, trial), folder);
        read++;
      } catch {
        // Counted below.
      }
    }
    expect(read).toBeGreaterThan(5);
  });
});
