// What the generators write must compile and pass its tests: tried on a copy of the workspace.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../lib/packages.js';
import { applyPlan, checkName, kebab } from './plan.js';
import { backendPlan, kernelPlan, layerPlan, opPlan } from './plans.js';

const copy = join(root, 'node_modules/.cache/dl-generators');
const packages = ['autograd', 'kernels-cpu', 'testing', 'layers'];

function run(program: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: copy,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe('names', () => {
  test('become file names', () => {
    expect([kebab('scaledTanh'), kebab('ScaledTanh'), kebab('relu6')]).toEqual(['scaled-tanh', 'scaled-tanh', 'relu6']);
  });

  test('are checked', () => {
    expect(checkName('scaledTanh', 'lower')).toBe(true);
    expect(checkName('ScaledTanh', 'lower')).toBe("'ScaledTanh' is not a name in the form of scaledTanh");
    expect(checkName('scaled-tanh', 'upper')).toBe("'scaled-tanh' is not a name in the form of ScaledTanh");
  });
});

describe('in a copy of the workspace', () => {
  beforeAll(() => {
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(join(copy, 'node_modules/@dl'), { recursive: true });
    for (const name of packages) {
      for (const part of ['src', 'test', 'package.json']) {
        const from = join(root, 'packages', name, part);
        // Of the tests that stand apart only what those beside the source import.
        const filter = (path: string): boolean => part !== 'test' || !path.endsWith('.test.ts');
        if (existsSync(from)) cpSync(from, join(copy, 'packages', name, part), { recursive: true, filter });
      }
      symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@dl', name));
    }
    for (const file of ['package.json', 'tsconfig.base.json', 'tsconfig.json', 'tools/boundaries/layers.ts'])
      cpSync(join(root, file), join(copy, file));
    writeFileSync(
      join(copy, 'vitest.config.ts'),
      `import { nodeProject } from ${JSON.stringify(join(root, 'tools/vitest/node-project.js'))};\nexport default nodeProject;\n`,
    );
    applyPlan(copy, opPlan('fancySquare'));
    applyPlan(copy, kernelPlan('fancySquare'));
    applyPlan(copy, layerPlan('FancyScale', 'fancy'));
    applyPlan(copy, backendPlan('fancy'));
    symlinkSync(join(copy, 'packages/kernels-fancy'), join(copy, 'node_modules/@dl/kernels-fancy'));
  });

  test('what they write compiles', { timeout: 120_000 }, () => {
    const { status, output } = run('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json');
    expect(output.replaceAll(/^npm warn.*$/gm, '')).toBe('');
    expect(status).toBe(0);
  });

  test('the new op passes on the CPU by its kernel and on the new backend by its composition, and the layer passes', {
    timeout: 120_000,
  }, () => {
    const files = [
      'packages/kernels-cpu/src/conformance.test.ts',
      'packages/kernels-fancy',
      'packages/layers/src/fancy',
    ];
    const { status, output } = run(
      'vitest/vitest.mjs',
      'run',
      '-t',
      'ancySquare|FancyScale',
      '--reporter',
      'verbose',
      ...files,
    );
    expect(output).toMatch(/fancySquare gradient against finite differences/);
    expect(output).toMatch(/kernels-fancy\/src\/conformance\.test\.ts > fancySquare values float32/);
    expect(output).toMatch(/FancyScale gives the numbers of its formula/);
    expect(status, output).toBe(0);
  });

  test('a name that is taken changes nothing', () => {
    const before = readFileSync(join(copy, 'packages/autograd/src/samples.ts'), 'utf8');
    expect(() => applyPlan(copy, opPlan('fancySquare'))).toThrow(
      'packages/autograd/src/ops/fancy-square.ts exists already',
    );
    expect(readFileSync(join(copy, 'packages/autograd/src/samples.ts'), 'utf8')).toBe(before);
    expect(existsSync(join(copy, 'packages/kernels-fancy/src/index.ts'))).toBe(true);
  });
});
