// What the generators write passes lint, types and its tests at once, and what they cannot do they refuse in one sentence and
// write nothing: tried on a copy of the workspace, by the command that users give.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve, sep } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../lib/packages.js';
import { planOf } from './kinds.js';
import { checkName, kebab } from './names.js';
import { countsOf, type Plan, Refusal } from './plan.js';
import { backendPlan } from './plans/backend.js';
import { kernelPlan } from './plans/kernel.js';
import { families, layerPlan } from './plans/layer.js';
import { opPlan } from './plans/op.js';

describe('names', () => {
  test('become file names', () => {
    expect([kebab('scaledTanh'), kebab('ScaledTanh'), kebab('relu6')]).toEqual(['scaled-tanh', 'scaled-tanh', 'relu6']);
  });

  test('are checked', () => {
    expect(checkName('scaledTanh', 'lower')).toBe(true);
    expect(checkName('ScaledTanh', 'lower')).toBe("'ScaledTanh' is not a name in the form of scaledTanh");
    expect(checkName('scaled-tanh', 'upper')).toBe("'scaled-tanh' is not a name in the form of ScaledTanh");
    expect(checkName('delete', 'lower')).toBe("'delete' is a word of the language; choose another name");
  });
});

const plans: Readonly<Record<string, Plan>> = {
  kernel: kernelPlan('mish', 'x', { name: 'activations', content: '' }),
  op: opPlan('scaledTanh'),
  layer: layerPlan('FancyScale', 'norm'),
  backend: backendPlan('fancy'),
};

test.each(Object.entries(plans))('the recipe of a %s counts its files right', (name, plan) => {
  const recipe = readFileSync(join(root, `docs/recipes/${name}.md`), 'utf8').replaceAll(/\s+/g, ' ');
  expect(recipe).toContain(`${countsOf(plan)}.`);
  const named = [...Object.keys(plan.files), ...plan.insertions.map(({ file }) => file), ...plan.generated];
  for (const file of named)
    expect(recipe).toContain(
      file
        .split('/')
        .at(-1)!
        .replace(/^(mish|scaled-tanh|fancy-scale)/, 'NAME'),
    );
});

test('a kernel reads x and the attributes that its formula names, each where it is a word', () => {
  const plan = kernelPlan('softplus', 'Math.max(x, beta) + x', { name: 'softplus' }, ['beta', 'slope']);
  const [text] = Object.values(plan.files);
  expect(text).toContain('unary(softplus, (x, y, n, { beta }) => {');
  expect(text).toContain('y[i] = Math.max(x[i]!, beta) + x[i]!;');
});

test('every family is a folder of layers', () => {
  expect(Object.keys(families).filter((name) => !existsSync(join(root, 'packages/layers/src', name)))).toEqual([]);
});

test.each<readonly [args: string, message: string | RegExp]>([
  ['', 'say what to write: kernel, op, layer, backend'],
  ['kernl relu', "there is no generator 'kernl'; did you mean kernel?"],
  ['op', 'gen op takes NAME, but got nothing; as in npm run gen -- op scaledTanh'],
  ['op a b', 'gen op takes NAME, but got a b; as in npm run gen -- op scaledTanh'],
  ['kernel mihs x', "there is no op 'mihs'; did you mean mish?"],
  ['kernel relu x', 'relu has a kernel on the CPU already; change that one'],
  ['kernel mish x*x', /^'x\*x' is not mish: at x = 0.1 it is 0.01\d*, and mish is 0.063\d*$/m],
  ['kernel mish x*', /^'x\*' is no expression of x \(.*\); write it as in /],
  ['kernel prelu x', 'prelu takes x, weight, and this command writes kernels of one x only; '],
  ['kernel glu x', 'glu is not computed element by element; write its kernel by hand, as docs/recipes/kernel.md says'],
  ['op relu', 'relu is an export of @dl/autograd already; choose another name'],
  ['op shape', 'shape is a property of tensors already; choose another name'],
  ['layer FancyScale nrom', "there is no family 'nrom'; did you mean norm?"],
  ['layer ReLU norm', 'ReLU is an export of @dl/layers already; choose another name'],
  ['backend cpu', 'cpu is a name in the test of every backend already; choose another name'],
])('gen %s is refused in one sentence', async (args, message) => {
  const error: unknown = await planOf(args.split(' ').filter((arg) => arg !== '')).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(Refusal);
  expect((error as Refusal).message).toMatch(message);
  expect((error as Refusal).message).not.toContain('\n');
});

test('a formula that is right is taken, also with attributes and at the limit', async () => {
  for (const [op, formula] of [
    ['mish', 'x * Math.tanh(Math.log1p(Math.exp(x)))'],
    ['hardSigmoid', 'Math.min(Math.max(x / 6 + 0.5, 0), 1)'],
  ] as const) {
    const { files, insertions } = await planOf(['kernel', op, formula]);
    // Beside the other kernels of its family, as the rule of tools/boundaries/kernel-files.ts has it.
    expect(files).toEqual({});
    expect(insertions.map(({ file }) => file)).toContain('packages/kernels-cpu/src/typescript/activations.ts');
  }
});

/** A copy of the workspace whose packages are its own, and whose other dependencies are those of this one. */
function copyWorkspace(): string {
  const copy = mkdtempSync(join(tmpdir(), 'dl-generators-'));
  const entries = ['packages', 'tools', 'turbo', 'docs', 'biome.jsonc', '.gitignore', 'pnpm-lock.yaml'];
  // Without what was built: the copy has no git that would leave it out of the lint.
  const filter = (path: string) => basename(path) !== 'dist';
  for (const name of [...entries, 'package.json', 'tsconfig.base.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, name), join(copy, name), { recursive: true, verbatimSymlinks: true, filter });
  mkdirSync(join(copy, 'node_modules/@dl'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')).filter((name) => name !== '@dl' && name !== '.cache'))
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const folder of readdirSync(join(copy, 'packages')))
    symlinkSync(join(copy, 'packages', folder), join(copy, 'node_modules/@dl', folder));
  return copy;
}

describe('in a copy of the workspace', () => {
  let copy = '';
  beforeAll(() => {
    copy = copyWorkspace();
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  function run(...args: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: copy,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    return { status, output: stdout + stderr };
  }

  const fromSource = ['--conditions=@dl/source', '--import', 'tsx'];
  const gen = (...args: string[]) => run(...fromSource, 'tools/generators/main.ts', ...args);
  test('what cannot be done ends in one sentence and the exit code 1, and nothing is written', () => {
    expect(gen('kernl', 'relu')).toEqual({
      status: 1,
      output: "there is no generator 'kernl'; did you mean kernel?\n",
    });
    expect(gen('backend', 'gpu')).toEqual({
      status: 1,
      output: 'packages/kernels-gpu/package.json exists already; choose another name, or remove it first\n',
    });
    for (const file of ['src/index.ts', 'package.json'])
      expect(readFileSync(join(copy, 'packages/kernels-gpu', file), 'utf8')).toBe(
        readFileSync(join(root, 'packages/kernels-gpu', file), 'utf8'),
      );
    expect(existsSync(join(copy, 'packages/kernels-gpu/src/conformance.test.ts'))).toBe(
      existsSync(join(root, 'packages/kernels-gpu/src/conformance.test.ts')),
    );
  });

  test.each([
    ['op', 'fancySquare'],
    ['kernel', 'fancySquare', 'x * x'],
    ['kernel', 'mish', 'x * Math.tanh(Math.log1p(Math.exp(x)))'],
    ['layer', 'FancyScale', 'norm'],
  ])('gen %s %s writes', (...args) => {
    const { status, output } = gen(...args);
    // A kernel beside others of its file is no new file.
    expect(output).toMatch(/^(wrote|added to) /);
    expect(status, output).toBe(0);
  });

  test('what they write is formatted and linted, and what depends on it is generated', () => {
    const lint = run(
      'node_modules/@biomejs/biome/bin/biome',
      'check',
      '--error-on-warnings',
      '--vcs-enabled=false',
      ...['autograd', 'kernels-cpu', 'layers'].map((name) => `packages/${name}`),
    );
    expect(lint.status, lint.output).toBe(0);
    expect(readFileSync(join(copy, 'packages/autograd/src/tensor/tensor.ts'), 'utf8')).toContain(
      '  fancySquare(): Tensor {',
    );
    expect(readFileSync(join(copy, 'docs/coverage.md'), 'utf8')).toContain('| fancySquare | formula | kernel |');
  });

  // One program for all packages, made when it is first asked for.
  let program: ts.Program | undefined;
  const packages = ['autograd', 'kernels-cpu', 'layers', 'testing'];
  function compiled(): ts.Program {
    const { config } = ts.readConfigFile(join(copy, 'tsconfig.json'), ts.sys.readFile);
    const include = packages.flatMap((name) => [`packages/${name}/src`, `packages/${name}/test`]);
    const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
      { ...config, include },
      ts.sys,
      copy,
      undefined,
      join(copy, 'tsconfig.json'),
    );
    expect(errors).toEqual([]);
    return ts.createProgram(fileNames, options);
  }

  test('what they write can be read by the compiler', () => {
    program = compiled();
    expect(program.getOptionsDiagnostics()).toEqual([]);
  });

  test.each(packages)('with what they write, %s has no type errors', (name) => {
    program ??= compiled();
    const folder = `${join(copy, 'packages', name)}${sep}`;
    const files = program.getRootFileNames().filter((file) => resolve(file).startsWith(folder));
    expect(files.length).toBeGreaterThan(10);
    const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
    for (const file of files) {
      const source = program.getSourceFile(file);
      found.push(...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source));
      if (found.length === 0) found.push(...program.getDeclarationDiagnostics(source));
    }
    const host = {
      getCanonicalFileName: (file: string) => file,
      getCurrentDirectory: () => copy,
      getNewLine: () => '\n',
    };
    expect(ts.formatDiagnostics(found, host)).toBe('');
  });

  // In one run, most of which is to load the packages.
  test('what they write passes the tests that ask for more than a file', () => {
    const files = [
      ...['test/golden', 'test/modules', 'src/ops/fancy-square'].map((file) => `packages/autograd/${file}.test.ts`),
      ...['conformance', 'special-values', 'left-to-typescript'].map(
        (file) => `packages/kernels-cpu/src/${file}.test.ts`,
      ),
      ...['every-layer', 'proof', 'norm/fancy-scale'].map((file) => `packages/layers/src/${file}.test.ts`),
      ...['tools/boundaries', 'tools/coverage'],
    ];
    const { status, output } = run(
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project=node',
      '-t',
      'ancySquare|mish |FancyScale|golden files|README.md|tensor.ts|every export|coverage.md|every op has a kernel|every kernel of the workspace',
      '--reporter=verbose',
      ...files,
    );
    for (const test of [
      ...[/README\.md names everything/, /tensor\.ts is what/, /have a row for every op that has samples/],
      ...[/fancySquare values float32/, /fancySquare gradient against finite differences/, /mish values float32/],
      ...[/fancySquare special values in x/, /but for those with a reason/, /in a file named as that of its op/],
      ...[/FancyScale gives the numbers of its formula/, /coverage\.md says what the registry says/],
    ])
      expect(output).toMatch(test);
    expect(status, output).toBe(0);
  });
});
