import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ArgumentError, DlError, FormatError } from '@dl/autograd';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchBytes } from '../checked.js';
import { cachedFile } from './cached-file.js';
import { loadCifar } from './cifar.js';
import { loadMnist } from './mnist.js';
import { fileLines } from './text-file.js';

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
const sha256 = createHash('sha256').update(content).digest('hex');

let server: Server;
let at = '';
let folder = '';
let requests: string[] = [];
let files: Record<string, Uint8Array> = {};
/** What ends the answers to `/together`, and the files in the folder just before. */
let sent = 0;
let waiting: (() => void)[] = [];
let beside: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url!);
    if (request.url === '/broken') {
      response.writeHead(200, { 'content-length': String(content.length) });
      response.write(content.subarray(0, 50_000), () => response.destroy());
    } else if (request.url === '/together') {
      response.write(content.subarray(0, 50_000));
      waiting.push(() => response.end(content.subarray(50_000)));
      if (waiting.length === 2) {
        const look = setInterval(async () => {
          beside = await readdir(folder);
          if (beside.length < 2) return;
          clearInterval(look);
          for (const finish of waiting) finish();
        }, 10);
      }
    } else if (request.url === '/endless') {
      // As long as somebody reads: what was sent says how soon that ended.
      const send = () => {
        while (!response.destroyed && response.write(content)) sent += content.length;
        sent += content.length;
      };
      response.on('drain', send);
      send();
    } else if (request.url === '/promised') {
      response.writeHead(200, { 'content-length': String(2 ** 40) });
      response.write(content.subarray(0, 1000));
    } else if (request.url === '/part') {
      response.writeHead(206, { 'content-range': 'bytes 0-999/100000' });
      response.end(content.subarray(0, 1000));
    } else if (request.url === '/silent') {
      // Not even an answer.
    } else if (request.url === '/slow') {
      response.write(content.subarray(0, 1000)); // and nothing more
    } else {
      const bytes = files[request.url!];
      response.writeHead(bytes === undefined ? 404 : 200);
      response.end(bytes);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-'));
  requests = [];
  sent = 0;
  waiting = [];
  files = { '/a.bin': content };
});
afterEach(() => rm(folder, { recursive: true }));

const caught = (act: Promise<unknown>): Promise<unknown> => act.catch((error: unknown) => error);

describe('cachedFile', () => {
  it('downloads once, and again when the file is damaged', async () => {
    const cache = join(folder, 'deep', 'cache');
    const options = { bytes: content.length, sha256 };
    const path = await cachedFile(`${at}/a.bin`, cache, options);
    expect(path).toBe(join(cache, 'a.bin'));
    expect(await readFile(path)).toEqual(content);
    await cachedFile(`${at}/a.bin`, cache, options);
    expect(requests).toEqual(['/a.bin']);
    await writeFile(path, content.subarray(0, 99));
    await cachedFile(`${at}/a.bin`, cache, options);
    expect(await readFile(path)).toEqual(content);
    expect(await readdir(cache)).toEqual(['a.bin']);
  });

  it('two processes at once do not disturb each other', async () => {
    // They meet in the middle: the server sends half of the file to each, and the rest when both have asked.
    const program = `
      import { cachedFile } from ${JSON.stringify(new URL('./cached-file.ts', import.meta.url).href)};
      const [url, folder, sha256] = process.argv.slice(1);
      process.stdout.write(await cachedFile(url, folder, { sha256 }));
    `;
    const flags = ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '--eval', program];
    const run = () => promisify(execFile)(process.execPath, [...flags, `${at}/together`, folder, sha256]);
    const [first, second] = await Promise.all([run(), run()]);
    expect([first.stdout, second.stdout]).toEqual([join(folder, 'together'), join(folder, 'together')]);
    expect(requests).toEqual(['/together', '/together']);
    expect(beside).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['together']);
    expect(await readFile(join(folder, 'together'))).toEqual(content);
  });

  it('a process that is killed in the middle leaves no file under the name', async () => {
    const program = `
      import { cachedFile } from ${JSON.stringify(new URL('./cached-file.ts', import.meta.url).href)};
      await cachedFile(process.argv[1], process.argv[2]);
    `;
    const flags = ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '--eval', program];
    const child = spawn(process.execPath, [...flags, `${at}/slow`, folder]);
    for (;;) {
      const [part] = await readdir(folder);
      if (part !== undefined && (await readFile(join(folder, part))).length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const [left] = await readdir(folder);
    expect(left).toMatch(/^slow\..*\.part$/);
    files['/slow.bin'] = content;
    await cachedFile(`${at}/slow.bin`, folder, { sha256, name: 'slow' });
    expect(await readFile(join(folder, 'slow'))).toEqual(content);
    // And nobody else has to tidy up.
    expect(await readdir(folder)).toEqual(['slow']);
  });

  it('several at once do not disturb each other', async () => {
    await Promise.all(Array.from({ length: 6 }, () => cachedFile(`${at}/a.bin`, folder, { sha256 })));
    expect(await readdir(folder)).toEqual(['a.bin']);
    expect(await readFile(join(folder, 'a.bin'))).toEqual(content);
  });

  it.each<[string, string, object, (url: string) => string]>([
    [
      'too short',
      '/a.bin',
      { bytes: 100_001 },
      (url) => `cachedFile: '${url}' has 100000 bytes, needs 100001; it is cut off, get it again`,
    ],
    [
      'too long',
      '/a.bin',
      { bytes: 9 },
      (url) => `cachedFile: '${url}' has more than 9 bytes, needs 9; is it another version?`,
    ],
    [
      'another',
      '/a.bin',
      { sha256: 'AB'.repeat(32) },
      (url) =>
        `cachedFile: '${url}' has the SHA-256 ${sha256}, needs ${'ab'.repeat(32)}; it is damaged or another version`,
    ],
    ['not there', '/b.bin', {}, (url) => `cachedFile: '${url}' answered 404 Not Found, needs the file`],
  ])('leaves nothing behind when the file is %s', async (_, path, options, message) => {
    expect(await caught(cachedFile(at + path, folder, options))).toEqual(new FormatError(message(at + path)));
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing behind when the connection breaks or the download is stopped', async () => {
    expect(await caught(cachedFile(`${at}/broken`, folder))).toEqual(
      new FormatError(`cachedFile: the connection to '${at}/broken' broke before the file was whole; try again`),
    );
    expect(await readdir(folder)).toEqual([]);
    const stop = new AbortController();
    const download = cachedFile(`${at}/slow`, folder, { signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(download).rejects.toThrow('abort');
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps the old file when the new one fails', async () => {
    await writeFile(join(folder, 'a.bin'), 'old');
    await caught(cachedFile(`${at}/a.bin`, folder, { bytes: 5 }));
    expect(await readFile(join(folder, 'a.bin'), 'utf8')).toBe('old');
  });

  it.each([
    [
      { name: '../x' },
      "cachedFile: the name is '../x', needs one of at most 255 bytes without slashes; set the option name",
    ],
    [{ sha256: 'abc' }, "cachedFile: sha256 is 'abc', needs 64 hexadecimal digits"],
    [{ bytes: -1 }, 'cachedFile: bytes is -1, needs a whole number of at least 0'],
    [{ maxBytes: 0.5 }, 'cachedFile: maxBytes is 0.5, needs a whole number of at least 0'],
    [{ timeout: 0 }, 'cachedFile: timeout is 0, needs milliseconds above 0 and below 2 ** 31'],
    [
      { name: 'x'.repeat(256) },
      `cachedFile: the name is '${'x'.repeat(60)}…', needs one of at most 255 bytes without slashes; set the option name`,
    ],
  ])('refuses %o', async (options, message) => {
    expect(await caught(cachedFile(`${at}/a.bin`, folder, options))).toEqual(new ArgumentError(message));
    expect(requests).toEqual([]);
  });
});

describe('fetchBytes', () => {
  it('checks size and checksum', async () => {
    expect(Buffer.from(await fetchBytes(`${at}/a.bin`, { bytes: 100_000, sha256 }))).toEqual(content);
    expect(await caught(fetchBytes(`${at}/a.bin`, { sha256: '00'.repeat(32) }))).toEqual(
      new FormatError(
        `fetchBytes: '${at}/a.bin' has the SHA-256 ${sha256}, needs ${'00'.repeat(32)}; it is damaged or another version`,
      ),
    );
    await expect(fetchBytes(`${at}/broken`)).rejects.toThrow(FormatError);
    expect(await caught(fetchBytes('http://127.0.0.1:1/x'))).toEqual(
      new FormatError("fetchBytes: cannot reach 'http://127.0.0.1:1/x'; check the address and the connection"),
    );
  });
});

describe('a server that does not do as it should', () => {
  const downloads: [string, (url: string, options: object) => Promise<unknown>][] = [
    ['fetchBytes', fetchBytes],
    ['cachedFile', (url, options) => cachedFile(url, folder, options)],
  ];

  it.each(downloads)('%s: sends more than is expected, and is left at once', async (what, get) => {
    expect(await caught(get(`${at}/endless`, { bytes: 4542 }))).toEqual(
      new FormatError(`${what}: '${at}/endless' has more than 4542 bytes, needs 4542; is it another version?`),
    );
    expect(await caught(get(`${at}/endless`, { maxBytes: 1000 }))).toEqual(
      new FormatError(
        `${what}: '${at}/endless' has more than 1000 bytes, and maxBytes is 1000; if that is meant, set maxBytes higher`,
      ),
    );
    // What lies in the buffers between the two.
    expect(sent).toBeLessThan(50e6);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(downloads)('%s: promises too much, and nothing of it is read', async (what, get) => {
    expect(await caught(get(`${at}/promised`, { bytes: 4542 }))).toEqual(
      new FormatError(`${what}: '${at}/promised' has ${2 ** 40} bytes, needs 4542; is it another version?`),
    );
    expect(await caught(get(`${at}/promised`, {}))).toEqual(
      new FormatError(
        `${what}: '${at}/promised' has ${2 ** 40} bytes, and maxBytes is ${what === 'fetchBytes' ? 2 ** 30 : 2 ** 34}; if that is meant, set maxBytes higher`,
      ),
    );
  });

  it.each(downloads)('%s: falls silent, before or in the middle', async (what, get) => {
    for (const path of ['/silent', '/slow']) {
      expect(await caught(get(at + path, { timeout: 100 }))).toEqual(
        new FormatError(
          `${what}: '${at}${path}' sent nothing for 100 ms; try again, or give it more time by the option timeout`,
        ),
      );
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(downloads)('%s: answers with a part', async (what, get) => {
    expect(await caught(get(`${at}/part`, {}))).toEqual(
      new FormatError(`${what}: '${at}/part' answered 206 Partial Content, which is a part, needs the whole file`),
    );
  });

  it.each(downloads)('%s: is none', async (what, get) => {
    const error = (await caught(get('http://', {}))) as Error;
    expect(error).toBeInstanceOf(DlError);
    expect(error.message).toMatch(new RegExp(`^${what}: .*'http://'`));
  });

  it('says which folder cannot be written to', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'not a folder');
    expect(await caught(cachedFile(`${at}/a.bin`, file))).toEqual(
      new ArgumentError(
        `cachedFile: cannot write '${join(file, 'a.bin')}' (EEXIST); needs a folder that can be written to, with room for it`,
      ),
    );
    expect(requests).toEqual([]);
  });

  it('a link stays a link, and a file keeps its permissions', async () => {
    await writeFile(join(folder, 'real.bin'), 'damaged', { mode: 0o600 });
    await symlink('real.bin', join(folder, 'a.bin'));
    await cachedFile(`${at}/a.bin`, folder, { sha256 });
    expect(await readFile(join(folder, 'real.bin'))).toEqual(content);
    expect((await lstat(join(folder, 'a.bin'))).isSymbolicLink()).toBe(true);
    expect((await lstat(join(folder, 'real.bin'))).mode & 0o777).toBe(0o600);
  });

  it('a name may be as long as the disk takes, and a stray percent sign is part of one', async () => {
    const name = 'n'.repeat(255);
    await cachedFile(`${at}/a.bin`, folder, { name });
    files['/100%.bin'] = content;
    await cachedFile(`${at}/100%.bin`, folder);
    expect((await readdir(folder)).sort()).toEqual(['100%.bin', name]);
  });
});

describe('loaders of data sets', () => {
  const record = (label: number) => Uint8Array.from([label, ...new Uint8Array(3072).fill(label)]);

  it('read CIFAR from a folder, files one after the other', async () => {
    await writeFile(join(folder, 'one.bin'), Buffer.concat([record(1), record(2)]));
    await writeFile(join(folder, 'two.bin.gz'), gzipSync(record(3)));
    const { train, test } = await loadCifar(folder, { train: ['one.bin', 'two.bin'], test: ['two.bin.gz'] });
    expect(train.labels).toEqual({ data: Int32Array.of(1, 2, 3), shape: [3] });
    expect([train.images.shape, test.images.shape]).toEqual([
      [3, 3, 32, 32],
      [1, 3, 32, 32],
    ]);
    expect(train.images.data.at(-1)).toBeCloseTo(3 / 255, 7);
    expect(await caught(loadCifar(folder))).toEqual(
      new ArgumentError(
        `loadCifar: '${folder}' has none of data_batch_1.bin, data_batch_1.bin.gz; put one of them there`,
      ),
    );
  });

  it('download what they need into the cache, checked', async () => {
    const packed = gzipSync(record(4));
    files = { '/cifar/a.bin': record(7), '/cifar/b.bin.gz': packed };
    const checks = { 'a.bin': { bytes: 3073 }, 'b.bin.gz': { bytes: packed.length } };
    const options = { train: ['a.bin'], test: ['b.bin'], cache: folder, files: checks };
    for (let round = 0; round < 2; round++) {
      const { train, test } = await loadCifar(`${at}/cifar`, options);
      expect([train.labels.data, test.labels.data]).toEqual([Int32Array.of(7), Int32Array.of(4)]);
    }
    expect(requests).toEqual(['/cifar/a.bin', '/cifar/b.bin.gz']);
    expect(await caught(loadMnist(new URL(at)))).toEqual(
      new ArgumentError(`loadMnist: '${at}/' is an address, needs the option cache: a folder to download into`),
    );
    expect(await caught(loadMnist(at, { cache: folder }))).toEqual(
      new FormatError(`cachedFile: '${at}/train-images-idx3-ubyte.gz' answered 404 Not Found, needs the file`),
    );
  });

  it('check files of a folder too, where sizes and checksums are given', async () => {
    await writeFile(join(folder, 'a.bin'), record(5));
    const load = (expected: object) =>
      loadCifar(pathToFileURL(folder), { train: ['a.bin'], test: ['a.bin'], files: { 'a.bin': expected } });
    const digest = createHash('sha256').update(record(5)).digest('hex');
    expect((await load({ bytes: 3073, sha256: digest })).test.labels.data).toEqual(Int32Array.of(5));
    expect(await caught(load({ bytes: 3074 }))).toEqual(
      new FormatError('loadCifar: a.bin has 3073 bytes, needs 3074; it is cut off, get it again'),
    );
    expect(await caught(load({ sha256: '00'.repeat(32) }))).toEqual(
      new FormatError(
        `loadCifar: a.bin has the SHA-256 ${digest}, needs ${'00'.repeat(32)}; it is damaged or another version`,
      ),
    );
    expect(await caught(load({ sha256: 'x' }))).toEqual(
      new ArgumentError("loadCifar: sha256 is 'x', needs 64 hexadecimal digits"),
    );
  });

  it('real CIFAR-10, and real lines', async ({ skip }) => {
    const root = process.env.DL_DATA;
    if (root === undefined) skip('needs CIFAR-10: set DL_DATA to a folder that has cifar10/train_2000.bin.gz');
    const options = { train: ['train_2000.bin'], test: ['test_500.bin'] };
    const { train, test } = await loadCifar(join(root!, 'cifar10'), options);
    expect([train.labels.shape, test.labels.shape]).toEqual([[2000], [500]]);
    const counts: number[] = [];
    for (const file of ['names/names.txt', 'multi30k/val.de.gz']) {
      let count = 0;
      for await (const _ of fileLines(join(root!, file))) count++;
      counts.push(count);
    }
    expect(counts).toEqual([32033, 1014]);
  });
});
