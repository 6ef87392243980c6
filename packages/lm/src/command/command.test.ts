// The command, run as a user runs it: a text file becomes a model, and the model writes, scores and measures.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bundleProgram } from '../../../../tools/vitest/program.js';
import { loadModel } from '../node.js';
import { help } from './help.js';
import { Progress } from './progress.js';
import { written } from './sample.js';

let folder = '';
let program = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dl-lm-command-'));
  program = await bundleProgram(fileURLToPath(new URL('./bin.ts', import.meta.url)), folder);
  const names = Array.from(
    { length: 60 },
    (_, i) => ['anna', 'hannah', 'joanna', 'johanna', 'nan'][i % 5]! + ['', 'e', 'o'][(i * i) % 3]!,
  );
  writeFileSync(join(folder, 'names.txt'), `${names.join('\n')}\n`);
  writeFileSync(
    join(folder, 'book.txt'),
    'she sells sea shells by the sea shore; the shells she sells are sea shells.\n'.repeat(20),
  );
  writeFileSync(join(folder, 'latin.txt'), Uint8Array.of(0x66, 0xfc, 0x72));
  writeFileSync(join(folder, 'empty.txt'), '');
  writeFileSync(join(folder, 'short.txt'), 'a short text');
  expect(await run('train', 'names.txt', '--lines', '--order', '3')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('train', 'book.txt', '--out', 'my book.lm')).toMatchObject({ code: 0, stderr: '' });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [program, ...args], { cwd: folder });

function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const run = (...args: readonly string[]): Promise<Ended> => ended(start(...args));

function piped(text: string | Uint8Array, ...args: readonly string[]): Promise<Ended> {
  const child = start(...args);
  child.stdin!.end(text);
  return ended(child);
}

test('train says what came of it, and saves a model beside the file', async () => {
  const { stdout } = await run(
    'train',
    'names.txt',
    '--lines',
    '--order',
    '2',
    '--smoothing',
    'witten-bell',
    '--out',
    'small.lm',
  );
  expect(stdout).toMatch(
    /^Witten-Bell, order 2: \d+ n-grams of 9 different tokens, in \d+\.\d s\nsaved small\.lm, \d+ kB; now: npx @dl\/lm sample small\.lm\n$/,
  );
  const quoted = await run(
    'train',
    'names.txt',
    '--lines',
    '--order',
    '1',
    '--smoothing',
    'laplace',
    '--out',
    'my names.lm',
  );
  expect(quoted.stdout).toContain('now: npx @dl/lm sample "my names.lm"\n');
  expect(existsSync(join(folder, 'names.lm'))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
});

describe('sample', () => {
  test('writes texts, the same for a seed', async () => {
    const [one, again, other] = await Promise.all(
      ['1', '1', '2'].map((seed) => run('sample', 'names.lm', '--count', '8', '--seed', seed)),
    );
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one!.stdout).toMatch(/^([ahjoen]*\n){8}$/);
    expect(again).toEqual(one);
    expect(other!.stdout).not.toBe(one!.stdout);
  });

  test('goes on from a prompt, greedily, to a stop', async () => {
    const args = ['--prompt', 'she sells s', '--temperature', '0', '--length', '500', '--stop', 'sells are'];
    expect(await run('sample', 'my book.lm', ...args)).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^she sells sea shells.*\n$/s),
    });
  });

  test('shows the die of each token', async () => {
    const { stdout } = await run('sample', 'names.lm', '--seed', '1', '--explain', '--length', '3', '--top-k', '5');
    expect(stdout).toContain('█');
    expect(stdout.match(/5 left/g)!.length).toBeGreaterThanOrEqual(1);
  });
});

test('score: what the model says of each line, of a file and of what is piped in', async () => {
  const model = await loadModel(join(folder, 'names.lm'));
  const names = ['hanna', 'xyz'];
  const rows = await Promise.all(
    names.map(async (name) => {
      const { logProbability, tokens } = await model.score(name);
      return `${logProbability.toFixed(4)}\t${Math.exp(-logProbability / tokens.length).toFixed(2)}\t${name}\n`;
    }),
  );
  const wanted = { code: 0, stderr: '', stdout: `ln p\tperplexity\ttext\n${rows.join('')}` };
  writeFileSync(join(folder, 'some.txt'), names.join('\n\n'));
  expect(await run('score', 'names.lm', 'some.txt')).toEqual(wanted);
  expect(await piped('hanna\r\nxyz\n', 'score', 'names.lm', '-')).toEqual(wanted);
  const { stdout } = await piped('jo', 'score', 'names.lm', '-', '--tokens');
  expect(stdout.split('\n').map((line) => line.split('\t')[2])).toEqual(['token', 'j', 'o', '</s>', undefined]);
});

test('perplexity: the figures of the library', async () => {
  const model = await loadModel(join(folder, 'my book.lm'));
  const text = 'sea shells are quick';
  const { perplexity, known, bitsPerCharacter, tokens } = await model.perplexity(text);
  const { stdout, code } = await piped(text, 'perplexity', 'my book.lm', '-');
  expect(code).toBe(0);
  const row = (name: string): string[] => new RegExp(`^${name} +(.*)$`, 'm').exec(stdout)![1]!.split(/ {2,}/);
  expect(row('tokens')).toEqual([String(tokens), String(known.tokens)]);
  expect(row('perplexity').map(Number)).toEqual([expect.closeTo(perplexity, 1), expect.closeTo(known.perplexity, 1)]);
  expect(Number(row('bits per character')[0])).toBeCloseTo(bitsPerCharacter, 2);
  expect(stdout).not.toContain('do not sum to 1');
});

test('perplexity of scores that are no probabilities says so', async () => {
  await run('train', 'names.txt', '--lines', '--order', '2', '--smoothing', 'stupid-backoff', '--out', 'scores.lm');
  const { stdout } = await piped('hanna', 'perplexity', 'scores.lm', '-');
  expect(stdout).toContain('The scores of this model do not sum to 1: compare the figures with none of another one.');
});

describe('a folder as it is downloaded', () => {
  const folders = fileURLToPath(new URL('../../golden/folders', import.meta.url));
  const path = (name: string): string => join(folders, name);
  const golden = JSON.parse(readFileSync(`${folders}.json`, 'utf8')) as {
    readonly llama: {
      readonly runs: { prompt: string; text: string }[];
      readonly scores: { text: string; logProbabilities: number[] }[];
    };
    readonly bert: { readonly fills: { text: string; filled: string; masks: [string, number][][] }[] };
  };
  const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b);

  test('sample goes on with a prompt; the model has its place, or its name', async () => {
    const { prompt, text } = golden.llama.runs[0]!;
    const options = ['--prompt', prompt, '--temperature', '0', '--length', '24'];
    const wanted = { code: 0, stderr: '', stdout: `${prompt}${text}\n` };
    expect(await run('sample', '--model', path('llama'), ...options)).toEqual(wanted);
    expect(await run('sample', path('llama'), ...options)).toEqual(wanted);
    expect(await run('sample', '--model', 'names.lm', '--seed', '1')).toEqual(
      await run('sample', 'names.lm', '--seed', '1'),
    );
  });

  test('score and perplexity', async () => {
    const { text, logProbabilities } = golden.llama.scores[0]!;
    const scored = await piped(text, 'score', '--model', path('llama'), '-');
    expect(scored).toMatchObject({ code: 0, stderr: '' });
    expect(Number(scored.stdout.split('\n')[1]!.split('\t')[0])).toBeCloseTo(sumOf(logProbabilities), 2);
    const { stdout, code } = await piped(text, 'perplexity', path('llama'), '-');
    expect(code).toBe(0);
    expect(stdout).toContain(`- by ${path('llama')}\n\n`);
    const [, figure] = /^perplexity +(\S+)/m.exec(stdout)!;
    const wanted = Math.exp(-sumOf(logProbabilities) / logProbabilities.length);
    expect(Number(figure!.replaceAll(',', '')) / wanted).toBeCloseTo(1, 2);
  });

  test('fill says what may stand at each mask', async () => {
    for (const { text, filled, masks } of golden.bert.fills) {
      const { code, stdout, stderr } = await run('fill', path('bert'), text, '--count', '3');
      expect([code, stderr]).toEqual([0, '']);
      const [first, nothing, heading, ...rows] = stdout.trimEnd().split('\n');
      expect([first, nothing, heading]).toEqual([filled, '', 'mask\tp\ttoken']);
      const wanted = masks.flatMap((mask, i) => mask.slice(0, 3).map(([token]) => [String(i + 1), token]));
      expect(rows.map((row) => row.split('\t')).map(([mask, , token]) => [mask, token])).toEqual(wanted);
      expect(Number(rows[0]!.split('\t')[1])).toBeCloseTo(masks[0]![0]![1], 4);
    }
  });

  test.each([
    [['sample', '--model', path('bert')], "has a masked model, 'bert', which fills in what was left out"],
    [['fill', path('llama'), 'the [MASK]'], "has a model that generates, 'llama', and fills no masks"],
    [['fill', path('bert'), 'no mask'], 'the text has no mask; write [MASK] where something is to be said'],
    [['fill', 'names.lm', '[MASK]'], "'names.lm' is no folder"],
    [['fill', path('bert')], `fill: got ${path('bert')}, needs MODEL and TEXT; see npx @dl/lm fill --help`],
    [['sample', '--model', 'a.lm', 'b.lm'], 'sample: got a.lm b.lm, needs MODEL; see'],
    [['score', '--model', 'a.lm'], 'score: got a.lm, needs MODEL and FILE; see'],
    [['sample', folders], 'has no config.json; needs a folder in Hugging Face'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toMatch(/^npx @dl\/lm( \w+)?: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([1, '']);
  });
});

test('parts of words by bpe', async () => {
  expect(await run('train', 'book.txt', '--tokens', 'bpe', '--merges', '20', '--out', 'parts.lm')).toMatchObject({
    code: 0,
    stderr: '',
  });
  const { tokenizer } = await loadModel(join(folder, 'parts.lm'));
  expect(tokenizer.encode('sea shells').length).toBeLessThan(10);
  expect((await run('sample', 'parts.lm', '--length', '20', '--seed', '3')).stdout).not.toBe('');
});

test('what is piped in is read as a file is: without a byte order mark, and in UTF-8 only', async () => {
  const wanted = await piped('hanna\n', 'score', 'names.lm', '-');
  expect(await piped('\ufeffhanna\n', 'score', 'names.lm', '-')).toEqual(wanted);
  for (const command of ['score', 'perplexity']) {
    const { code, stderr } = await piped(Uint8Array.of(0x66, 0xfc, 0x72, 0x0a), command, 'names.lm', '-');
    expect([code, stderr]).toEqual([
      1,
      `npx @dl/lm ${command}: what came in is not a text in UTF-8; save it as one first\n`,
    ]);
  }
  expect((await piped('', 'perplexity', 'my book.lm', '-')).stderr).toContain('what came in has no text; give some');
});

test('score: a text with a tab stays in its column', async () => {
  const { stdout } = await piped('an\tna\n', 'score', 'names.lm', '-');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t').length),
  ).toEqual([3, 3]);
  expect(stdout).toContain('"an\\tna"');
});

test('perplexity says where its figures flatter, and has a dash for what there is not', async () => {
  await run('train', 'book.txt', '--tokens', 'words', '--order', '2', '--out', 'words.lm');
  const words = await piped('the sea quacks', 'perplexity', 'words.lm', '-');
  expect(words.stdout).toContain(
    '1 unknown tokens cost what any unknown one does, not what they say, and blanks between words cost nothing: bits per character and byte look better than they are',
  );
  const all = await piped('the sea shells', 'perplexity', 'my book.lm', '-');
  expect(all.stdout).not.toContain('look better');
  const none = await piped('QQQ', 'perplexity', 'my book.lm', '-');
  expect(none.stdout).toMatch(/^perplexity +\S+ +–$/m);
  expect(none.stdout).toContain('3 unknown tokens');
});

test('sample has every knob that is a number', async () => {
  const knobs = ['--eta', '1e-3', '--mirostat', '3', '--frequency-penalty', '0.1', '--presence-penalty', '0.1'];
  expect(await run('sample', 'names.lm', '--seed', '1', ...knobs)).toMatchObject({ code: 0, stderr: '' });
  const { stdout } = await run('sample', 'names.lm', '--count', '20', '--seed', '1', '--min-length', '6');
  for (const name of stdout.trim().split('\n')) expect(name.length).toBeGreaterThanOrEqual(6);
});

test('a pause for a slow reader leaves no listeners behind', async () => {
  const events = ['drain', 'error'] as const;
  const counts = (): number[] => events.map((event) => process.stdout.listenerCount(event));
  const before = counts();
  const slow = vi.spyOn(process.stdout, 'write').mockReturnValue(false);
  try {
    for (let i = 0; i < 12; i++) {
      const waits = written('text');
      process.stdout.emit('drain');
      await waits;
    }
  } finally {
    slow.mockRestore();
  }
  expect(counts()).toEqual(before);
});

describe('help', () => {
  test('says what there is, for each command', async () => {
    expect(await run('--help')).toEqual({ code: 0, stderr: '', stdout: help() });
    expect(await run()).toEqual({ code: 0, stderr: '', stdout: help() });
    expect(await run('sample', '--help')).toEqual({ code: 0, stderr: '', stdout: help('sample') });
    for (const name of ['train', 'sample', 'fill', 'score', 'perplexity']) {
      expect(help()).toContain(`  ${name} `);
      expect(help(name)).toContain(`Usage: npx @dl/lm ${name} `);
      for (const line of help(name).split('\n')) expect(line.length).toBeLessThanOrEqual(140);
    }
  });
});

describe('what goes wrong is one sentence, with exit code 1', () => {
  test.each([
    [['trian'], 'there is no command "trian"; it has train, sample, fill, score, perplexity, and --help'],
    [['train'], 'train: got nothing, needs FILE; see npx @dl/lm train --help'],
    [['train', 'names.txt', '--ordr', '3'], 'train: there is no option --ordr; it has --model, --tokens'],
    [['train', 'names.txt', '--order', '0'], 'train: --order is 0, needs a whole number of at least 1'],
    [['train', 'none.txt'], "cannot read 'none.txt': there is no such file"],
    [['train', 'empty.txt'], "'empty.txt' has no text"],
    [['train', 'empty.txt', '--tokens', 'bpe'], "'empty.txt' has no text"],
    [['train', 'book.txt', '--merges', '5'], 'train: --merges is for --tokens bpe, but got characters'],
    [['train', 'book.txt', '--tokens', 'bytes', '--min-count', '2'], 'train: --min-count is for characters and words'],
    [['train', 'short.txt', '--smoothing', 'jelinek-mercer'], 'needs more than 100 tokens, or two texts'],
    [
      ['train', 'names.txt', '--out', './names.txt'],
      'train: the model would be saved over names.txt; say where by --out',
    ],
    [
      ['train', 'names.txt', '--out', 'names.txt'],
      'train: the model would be saved over names.txt; say where by --out',
    ],
    [['sample', 'none.lm'], "cannot read 'none.lm'"],
    [['sample', 'names.txt'], "'names.txt': "],
    [['sample', 'names.lm', '--temperature', 'hot'], 'sample: --temperature is "hot", needs a number'],
    [['sample', 'names.lm', '--temperature=-1'], 'temperature'],
    [['perplexity', 'my book.lm', 'empty.txt'], "'empty.txt' has no text; give some"],
    [['perplexity', 'names.lm', 'empty.txt'], "'empty.txt' has no text; give some"],
    [['perplexity', 'names.lm', 'latin.txt'], "'latin.txt' is not a text in UTF-8"],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toMatch(/^npx @dl\/lm( \w+)?: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect([code, stdout.trim()]).toEqual([1, '']);
  });
});

test.skipIf(process.platform === 'win32')('train never saves over its text, however the path is written', async () => {
  symlinkSync('names.txt', join(folder, 'link.txt'));
  for (const out of [join('..', basename(folder), 'names.txt'), join(folder, 'names.txt'), 'link.txt']) {
    const { code, stderr } = await run('train', 'names.txt', '--out', out);
    expect([code, stderr]).toEqual([1, expect.stringContaining('the model would be saved over names.txt')]);
  }
  expect(readFileSync(join(folder, 'names.txt'), 'utf8')).toMatch(/^anna/);
});

describe('ends before its time', () => {
  const endless = ['sample', 'my book.lm', '--length', '1000000000', '--seed', '1'];
  const firstText = (child: ChildProcess): Promise<unknown> =>
    new Promise((resolve) => child.stdout!.once('data', resolve));

  test.skipIf(process.platform === 'win32')(
    'by Ctrl-C: what was written stays, and the code is that of a shell',
    async () => {
      const child = start(...endless);
      const end = ended(child);
      await firstText(child);
      child.kill('SIGINT');
      const { code, stdout, stderr } = await end;
      expect([code, stderr]).toEqual([130, 'Stopped.\n']);
      expect(stdout).toMatch(/\n$/);
    },
  );

  test('when nobody reads on: without a word', async () => {
    const child = start(...endless);
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await firstText(child);
    child.stdout!.destroy();
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});

test('progress is a line on a terminal, as wide as that, and nothing elsewhere', () => {
  let written = '';
  const terminal = {
    isTTY: true,
    columns: 60,
    write: (text: string) => (written += text) !== '',
  } as unknown as NodeJS.WriteStream;
  const progress = new Progress(terminal);
  progress.show('reading book.txt', 0.5);
  expect(written).toBe(`\r\u001b[Kreading book.txt  ${'█'.repeat(12)}${'░'.repeat(12)}  50 %`);
  progress.show('x'.repeat(100), 1);
  expect(Math.max(...written.split('\u001b[K').map((line) => line.length))).toBeLessThan(62);
  progress.clear();
  expect(written.endsWith('\r\u001b[K')).toBe(true);
  written = '';
  const file = new Progress({ ...terminal, isTTY: false } as NodeJS.WriteStream);
  file.show('reading', 0.5);
  file.clear();
  expect(written).toBe('');
});
