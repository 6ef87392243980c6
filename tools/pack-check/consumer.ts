// A program that imports everything, and the ones that the READMEs show: written into the empty project, type-checked there, and
// run in Node.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { extractFromMarkdown } from '../doc-snippets/extract.js';
import { root, type WorkspacePackage } from '../lib/packages.js';
import type { Sources } from './compilers.js';
import { entryPoints, isForNode } from './entry-points.js';
import { execNode } from './exec.js';

export interface Consumer {
  readonly sources: Sources;
  /** The programs to run, in what every supported Node knows. */
  readonly toRun: readonly string[];
}

export function writeConsumer(project: string, packages: readonly WorkspacePackage[]): Consumer {
  for (const folder of ['src', 'javascript', 'out']) mkdirSync(join(project, folder), { recursive: true });
  const entries = packages.flatMap(({ manifest }) => entryPoints(manifest));
  const programs: Program[] = [
    { name: 'everything', code: importAll(entries.filter((entry) => !isForNode(entry))), run: true, isFirst: true },
    { name: 'everything-for-node', code: importAll(entries.filter(isForNode)), run: true, isFirst: true },
    ...readmeBlocks('root', root),
    ...packages.flatMap(({ folder, path }) => readmeBlocks(folder, path)),
  ];
  for (const program of programs) {
    writeFileSync(join(project, typescriptFile(program)), program.code);
    writeFileSync(join(project, javascriptFile(program)), javascript(program.code, ts.ScriptTarget.ESNext));
    writeFileSync(join(project, loweredFile(program)), javascript(program.code, ts.ScriptTarget.ES2022));
  }
  writeFileSync(join(project, 'src/library.ts'), passOn(project, entries));
  const forNode = programs.filter(needsNode);
  const others = programs.filter((program) => !needsNode(program));
  return {
    sources: {
      anywhere: others.map(typescriptFile),
      node: ['src/library.ts', ...forNode.map(typescriptFile)],
      javascript: programs.filter(({ isFirst }) => isFirst).map(javascriptFile),
      bare: ['src/everything.ts'],
    },
    toRun: programs.filter(({ run }) => run).map(loweredFile),
  };
}

export function runConsumer(project: string, { toRun }: Consumer): void {
  for (const file of toRun) execNode(join(project, file), [], { cwd: project });
}

interface Program {
  readonly name: string;
  readonly code: string;
  readonly run: boolean;
  /** Whether it is what a newcomer tries. */
  readonly isFirst: boolean;
}

const typescriptFile = ({ name }: Program): string => `src/${name}.ts`;
const javascriptFile = ({ name }: Program): string => `javascript/${name}.js`;
const loweredFile = ({ name }: Program): string => `out/${name}.js`;

/** Whether a program is one for Node alone. */
function needsNode({ code }: Program): boolean {
  const imports = [...code.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
    ([, from, loaded]) => from ?? loaded!,
  );
  return imports.some((name) => name.startsWith('node:') || isForNode(name)) || /\bprocess\b/.test(code);
}

function importAll(entries: readonly string[]): string {
  const imports = entries.map((entry, i) => `import * as m${i} from '${entry}';`);
  const checks = entries.map(
    (entry, i) => `if (Object.keys(m${i}).length === 0) throw new Error('${entry} exports nothing');`,
  );
  return [...imports, ...checks, 'export {};', ''].join('\n');
}

/** A library that passes every function on: its declarations must find a name for every type in them. */
function passOn(project: string, entries: readonly string[]): string {
  const isFunction = "(it) => typeof it === 'function' && !/^class\\b/.test(Function.prototype.toString.call(it))";
  const script = [
    ...entries.map((entry, i) => `import * as m${i} from '${entry}';`),
    `const namesOf = (m) => Object.keys(m).filter((name) => (${isFunction})(m[name]));`,
    `console.log(JSON.stringify([${entries.map((_, i) => `namesOf(m${i})`).join(', ')}]));`,
  ];
  const file = join(project, 'out/names.js');
  writeFileSync(file, script.join('\n'));
  const names = JSON.parse(execNode(file, [], { cwd: project })) as string[][];
  return entries
    .flatMap((entry, i) => [
      `import * as m${i} from '${entry}';`,
      ...names[i]!.map((name) => `export const passed${i}_${name} = m${i}.${name};`),
    ])
    .join('\n');
}

/** The code blocks of a README, each a program. */
function readmeBlocks(folder: string, path: string): Program[] {
  const readme = join(path, 'README.md');
  if (!existsSync(readme)) return [];
  const { snippets } = extractFromMarkdown(readFileSync(readme, 'utf8'));
  return snippets.map(({ line, code, run }, i) => ({
    name: `${folder}-readme-${line}`,
    code: `${code}\nexport {};\n`,
    run,
    isFirst: i === 0,
  }));
}

/** Without its types. */
function javascript(code: string, target: ts.ScriptTarget): string {
  const options = { target, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}
