// A process that is killed again and again, with checkpoints under way: it goes on from whole ones, to the same end, to the last bit.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator } from '@dl/autograd';
import { loadState } from '@dl/checkpoint/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram } from '../../../../tools/vitest/program.js';
import type { TrainState } from './state.js';

let folder = '';
let program = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dl-train-killed-'));
  program = await bundleProgram(fileURLToPath(new URL('../../test/killed-run.ts', import.meta.url)), folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** When to kill it: so many milliseconds after it said for the n-th time that it saves. */
interface Blow {
  readonly save: number;
  readonly after: number;
}

function run(where: string, blow?: Blow): Promise<{ code: number | null; signal: string | null; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, where]);
    let saves = 0;
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const before = saves;
      saves += text.split('saving').length - 1;
      if (blow === undefined || before >= blow.save || saves < blow.save) return;
      if (blow.after === 0) child.kill('SIGKILL');
      else setTimeout(() => child.kill('SIGKILL'), blow.after);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, err }));
  });
}

function logs(where: string) {
  const lines = (name: string) => readFileSync(join(where, name), 'utf8').trimEnd().split('\n');
  return {
    json: lines('log.jsonl').map((line) => ({ ...JSON.parse(line), seconds: 0, examplesPerSecond: 0 })),
    csv: lines('log.csv').map((line) => line.split(',').map((cell, i) => (i === 1 ? '' : cell))),
  };
}

test('killed five times at random, it ends as if nothing had been', async () => {
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  for (const each of [whole, parts]) mkdirSync(each);
  expect(await run(whole)).toMatchObject({ code: 0, err: '' });

  const random = new Generator(8);
  const reached: number[] = [];
  for (let i = 0; i < 5; i++) {
    const blow = { save: random.integer(1, 6), after: random.integer(0, 6) };
    expect(await run(parts, blow)).toMatchObject({ signal: 'SIGKILL', err: '' });
    const last = join(parts, 'last.safetensors');
    // Whole, or not there yet: reading throws for anything else.
    if (!existsSync(last)) continue;
    const { position } = await loadState<TrainState>(last);
    reached.push(position.totalSteps);
  }
  // It was under way each time, and never fell back.
  expect(reached.length).toBeGreaterThan(2);
  expect(reached).toEqual([...reached].sort((a, b) => a - b));
  expect(reached.at(-1)).toBeLessThan(24);
  expect(existsSync(join(parts, 'end.safetensors'))).toBe(false);

  expect(await run(parts)).toMatchObject({ code: 0, err: '' });
  const end = (where: string) => readFileSync(join(where, 'end.safetensors'));
  expect(Buffer.compare(end(parts), end(whole))).toBe(0);
  expect(logs(parts)).toEqual(logs(whole));
  console.log(
    `reached ${reached}, left ${readdirSync(parts).filter((name) => name.endsWith('.tmp')).length} unfinished files`,
  );
});
