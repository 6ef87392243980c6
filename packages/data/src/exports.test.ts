// What the package gives to others: all of it documented, with an example, and named in the README; no Node in a page.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const entries = ['./index.ts', './node.ts', './images.ts'];

describe('every export', () => {
  const program = ts.createProgram(entries.map(path), {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    customConditions: ['@dl/source'],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const symbols = entries.flatMap((entry) =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path(entry))!)!),
  );
  const targets = symbols.map((symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  );

  test('is documented, and what can be called has an example', () => {
    expect(targets.length).toBeGreaterThan(80);
    const lacking = targets.filter((symbol) => {
      const isValue = (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) !== 0;
      const hasExample = symbol.getJsDocTags(checker).some(({ name }) => name === 'example');
      return symbol.getDocumentationComment(checker).length === 0 || (isValue && !hasExample);
    });
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  test('is named in the README', () => {
    const named = new Set([...readFileSync(path('../README.md'), 'utf8').matchAll(/`(\w+)/g)].map(([, name]) => name));
    expect(targets.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('in a bundle for a page', () => {
  const bundle = async (entry: string): Promise<string> => {
    const { outputFiles, metafile } = await build({
      entryPoints: [path(entry)],
      bundle: true,
      write: false,
      metafile: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['@dl/source'],
      external: ['@dl/autograd'],
      logLevel: 'silent',
    });
    const [output] = Object.values(metafile.outputs);
    expect(output!.imports.map(({ path }) => path).filter((each) => each !== '@dl/autograd')).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((file) => file.includes('src/node/'))).toEqual([]);
    return Object.keys(metafile.inputs).join('\n') + outputFiles[0]!.text;
  };

  test('@dl/data has neither Node nor decoders', async () => {
    const text = await bundle('./index.ts');
    expect(text).not.toMatch(/node:|fflate|jpeg-js/);
  });

  test('@dl/data/images has the decoders, and no Node', async () => {
    const text = await bundle('./images.ts');
    expect(text).toMatch(/fflate/);
    expect(text).toMatch(/jpeg-js/);
    expect(text).not.toMatch(/node:/);
  });
});
