// A program that imports everything, and the ones that the READMEs show: type-checked against the packed types without
// skipping any library, under both ways of finding modules, then run in Node.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractFromMarkdown } from '../doc-snippets/extract.js';
import { root, type WorkspacePackage } from '../lib/packages.js';
import { entryPoints, isForNode } from './entry-points.js';
import { execNode } from './exec.js';

const tsc = join(root, 'node_modules/typescript/bin/tsc');

const strict = {
  target: 'ES2022',
  lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  rootDir: 'src',
  outDir: 'out',
};

const projects = {
  // Whoever writes for a browser has no types of Node.
  'tsconfig.bundler.json': {
    compilerOptions: { ...strict, module: 'ESNext', moduleResolution: 'Bundler', types: [], noEmit: true },
    files: ['src/everything.ts'],
  },
  'tsconfig.node.json': {
    compilerOptions: {
      ...strict,
      module: 'NodeNext',
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'],
    },
    include: ['src'],
  },
};

export function checkConsumer(project: string, packages: readonly WorkspacePackage[]): void {
  mkdirSync(join(project, 'src'), { recursive: true });
  const entries = packages.flatMap(({ manifest }) => entryPoints(manifest));
  writeFileSync(join(project, 'src/everything.ts'), importAll(entries.filter((entry) => !isForNode(entry))));
  writeFileSync(join(project, 'src/everything-for-node.ts'), importAll(entries.filter(isForNode)));
  const toRun = ['everything', 'everything-for-node', ...packages.flatMap((each) => writeReadme(project, each))];

  for (const [file, config] of Object.entries(projects)) {
    writeFileSync(join(project, file), JSON.stringify(config, null, 2));
    typeCheck(project, file);
  }
  for (const name of toRun) execNode(join(project, `out/${name}.js`), [], { cwd: project });
}

// TensorFlow.js brings types of WebGPU that newer ones of the DOM contradict. Whoever uses it has these messages without us.
const theirs = /^(node_modules\/@(tensorflow|webgpu)\/|\S*\/typescript\/lib\/lib\.dom\.d\.ts\(|\s|$)/;

function typeCheck(project: string, config: string): void {
  try {
    execNode(tsc, ['-p', config, '--pretty', 'false'], { cwd: project });
  } catch (error) {
    if (!(error instanceof Error) || error.message.split('\n').some((line) => !theirs.test(line))) throw error;
  }
}

function importAll(entries: readonly string[]): string {
  const imports = entries.map((entry, i) => `import * as m${i} from '${entry}';`);
  const checks = entries.map(
    (entry, i) => `if (Object.keys(m${i}).length === 0) throw new Error('${entry} exports nothing');`,
  );
  return [...imports, ...checks, 'export {};', ''].join('\n');
}

/** Writes the code blocks of a package's README; returns the names of those that are to be run. */
function writeReadme(project: string, { folder, path }: WorkspacePackage): string[] {
  const readme = join(path, 'README.md');
  if (!existsSync(readme)) return [];
  const { snippets } = extractFromMarkdown(readFileSync(readme, 'utf8'));
  return snippets.flatMap(({ line, code, run }) => {
    const name = `${folder}-readme-${line}`;
    writeFileSync(join(project, 'src', `${name}.ts`), `${code}\nexport {};\n`);
    return run ? [name] : [];
  });
}
