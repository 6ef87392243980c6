// Type-checks the packed types under every version of TypeScript that is supported, as users have set it up, without skipping
// any library.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/packages.js';
import { exec, execNode } from './exec.js';
import { typescripts } from './supported.js';

/** Where the versions lie, from run to run. */
const folder = join(root, 'node_modules/.cache/typescripts');

const nameOf = (version: string): string => `typescript-${version}`;

/** Installs the versions, as nothing but packages of the npm registry, unless they are there. */
export function installCompilers(): void {
  const dependencies = Object.fromEntries(typescripts.map((version) => [nameOf(version), `npm:typescript@${version}`]));
  const manifest = JSON.stringify({ private: true, dependencies }, null, 2);
  const file = join(folder, 'package.json');
  const isThere = existsSync(file) && readFileSync(file, 'utf8') === manifest;
  if (isThere && typescripts.every((version) => existsSync(compiler(version)))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, manifest);
  const windows = process.platform === 'win32';
  exec(windows ? 'npm.cmd' : 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    shell: windows,
  });
}

const compiler = (version: string): string => join(folder, 'node_modules', nameOf(version), 'bin/tsc');

/** The files of the project to check, by who can compile them. */
export interface Sources {
  /** All that imports nothing of Node. */
  readonly anywhere: readonly string[];
  /** What imports Node's own modules, or the entry points that do. */
  readonly node: readonly string[];
  /** In plain JavaScript, what a newcomer tries. */
  readonly javascript: readonly string[];
  /** What uses nothing of any platform, no console. */
  readonly bare: readonly string[];
}

const common = { target: 'ES2022', strict: true, skipLibCheck: false, noEmit: true };
const nodeTypes = { typeRoots: [join(root, 'node_modules/@types')], types: ['node'] };

/** The set-ups, each with its options and the files that it is to compile. */
export function setUps(version: string, sources: Sources) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const knowsErasable = major > 5 || minor >= 8;
  return {
    // The options of Vite's template vanilla-ts.
    vite: {
      compilerOptions: {
        ...common,
        useDefineForClassFields: true,
        module: 'ESNext',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        types: [],
        moduleResolution: 'bundler',
        allowImportingTsExtensions: true,
        verbatimModuleSyntax: true,
        moduleDetection: 'force',
        noUnusedLocals: true,
        noUnusedParameters: true,
        noFallthroughCasesInSwitch: true,
        noUncheckedSideEffectImports: true,
        ...(knowsErasable && { erasableSyntaxOnly: true }),
      },
      files: sources.anywhere,
    },
    // A library for Node, under all that is strict: no DOM, and declarations of its own.
    node: {
      compilerOptions: {
        ...common,
        ...nodeTypes,
        module: 'NodeNext',
        lib: ['ES2022'],
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        isolatedModules: true,
        declaration: true,
      },
      files: [...sources.anywhere, ...sources.node],
    },
    // The language alone: what runs in no certain place has neither the DOM nor the types of Node.
    bare: {
      compilerOptions: { ...common, module: 'NodeNext', lib: ['ES2022'], types: [], exactOptionalPropertyTypes: true },
      files: sources.bare,
    },
    // An editor's checks of plain JavaScript.
    javascript: {
      compilerOptions: {
        ...common,
        ...nodeTypes,
        allowJs: true,
        checkJs: true,
        module: 'ESNext',
        moduleResolution: 'bundler',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        strict: false,
      },
      files: sources.javascript,
    },
  };
}

/** Throws what one version of TypeScript finds wrong in any of the set-ups. */
export function checkTypes(project: string, version: string, sources: Sources): void {
  const failures: string[] = [];
  const { vite, node, bare, javascript } = setUps(version, sources);
  // What the oldest and the newest version take in these, the others do.
  const isEnd = version === typescripts[0] || version === typescripts.at(-1);
  for (const [name, config] of Object.entries({ vite, node, ...(isEnd && { bare, javascript }) })) {
    const file = `tsconfig.${name}.json`;
    writeFileSync(join(project, file), JSON.stringify(config, null, 2));
    try {
      execNode(compiler(version), ['-p', file, '--pretty', 'false'], { cwd: project });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const ours = error.message.split('\n').filter((line) => !theirs.test(line));
      if (ours.length > 0) failures.push(`set up as ${name}:\n${ours.join('\n')}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

// TensorFlow.js brings types of WebGPU that newer ones of the DOM contradict, and asks for the DOM and for types of a package. Whoever
// uses it has these messages without us.
const theirs = /^(node_modules\/@(tensorflow|webgpu)\/|\S*\/typescript[^/]*\/lib\/lib\.dom\.d\.ts\(|\s|$)/;
