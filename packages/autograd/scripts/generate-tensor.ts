// Writes src/tensor/tensor.ts: the Tensor class, with everything that computes from a tensor as a method of the first one;
// functions-only.ts says what is none.
// Run it after adding an op: npx tsx packages/autograd/scripts/generate-tensor.ts

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { functionsOnly } from './functions-only.js';

const source = join(dirname(fileURLToPath(import.meta.url)), '../src');
const output = join(source, 'tensor/tensor.ts');

// Beside all of ops/index.ts: where else there are functions of a tensor.
const sources: readonly (readonly [file: string, names: ReadonlySet<string> | undefined])[] = [
  ['ops/index.ts', undefined],
  ['graph/gradients.ts', new Set(['backward'])],
  ['tensor/one-hot.ts', new Set(['oneHot'])],
  ['tensor/categorical.ts', new Set(['categorical'])],
];
const isFunctionOnly = new Set(Object.values(functionsOnly).flat());

export function generateTensor(): string {
  const options = readOptions();
  const files = sources.map(([file]) => join(source, file));
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  const imports = new Map<string, Set<string>>();
  const methods: string[] = [];
  for (const [i, [, wanted]] of sources.entries()) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(files[i]!)!)!;
    for (const symbol of checker.getExportsOfModule(module)) {
      if (isFunctionOnly.has(symbol.name) || (wanted !== undefined && !wanted.has(symbol.name))) continue;
      const method = methodOf(symbol, checker, imports, wanted === undefined ? 'ops.' : '');
      if (method === undefined) continue;
      methods.push(method);
      if (wanted !== undefined) note(imports, files[i]!, symbol.name);
    }
  }
  methods.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return format(imports, methods);
}

function readOptions(): ts.CompilerOptions {
  const file = join(source, '../../../tsconfig.json');
  const { config } = ts.readConfigFile(file, (path) => readFileSync(path, 'utf8'));
  return ts.parseJsonConfigFileContent(config, ts.sys, dirname(file)).options;
}

function methodOf(
  symbol: ts.Symbol,
  checker: ts.TypeChecker,
  imports: Map<string, Set<string>>,
  prefix: string,
): string | undefined {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (!(target.flags & ts.SymbolFlags.Value)) return undefined;
  const declaration = target.valueDeclaration!;
  const signature = checker.getTypeOfSymbol(target).getCallSignatures()[0];
  if (signature === undefined) return undefined;
  const [first, ...rest] = signature.getParameters();
  if (first === undefined || !/\b(?:Tensor|Operand)\b(?!\[)/.test(typeText(first, checker, declaration)))
    return undefined;
  if (/\[\]|string/.test(typeText(first, checker, declaration))) return undefined;
  const parameters: string[] = [];
  const args: string[] = [];
  for (const parameter of rest) {
    const node = parameter.valueDeclaration as ts.ParameterDeclaration | undefined;
    const isRest = node?.dotDotDotToken !== undefined;
    let type = typeText(parameter, checker, declaration);
    if (isRest) {
      if (type === '[]') continue;
      // Numbers one by one go on as they come.
      if (!type.startsWith('[')) {
        const written = node!.type!.getText();
        for (const word of written.match(/\b[A-Z]\w+/g) ?? []) noteType(word, node, checker, imports);
        parameters.push(`...${parameter.name}: ${written}`);
        args.push(`...${parameter.name}`);
        continue;
      }
      type = type.replace(/^\[(?:options\?: )?/, '').replace(/\]$/, '');
    }
    const name = node !== undefined && !ts.isIdentifier(node.name) ? 'options' : parameter.name;
    const optional = isRest || node?.questionToken !== undefined || node?.initializer !== undefined;
    for (const word of type.match(/\b[A-Z]\w+/g) ?? []) noteType(word, node, checker, imports);
    parameters.push(`${name}${optional ? '?' : ''}: ${type}`);
    args.push(name);
  }
  const result = checker.typeToString(signature.getReturnType(), declaration, ts.TypeFormatFlags.NoTruncation);
  for (const word of result.match(/\b[A-Z]\w+/g) ?? []) noteType(word, declaration, checker, imports);
  const doc = ts
    .displayPartsToString(target.getDocumentationComment(checker))
    .split('\n\n')[0]!
    .replaceAll('\n', ' ')
    .trim();
  const call = `${prefix}${symbol.name}(${['this', ...args].join(', ')})`;
  // What a method has no place for goes to the function, which refuses it.
  const takesAll = args.at(-1)?.startsWith('...') === true;
  const extra = `if (arguments.length > ${args.length}) return withExtra(${prefix}${symbol.name}, this, arguments);\n    `;
  return `  /** ${doc} */\n  ${symbol.name}(${parameters.join(', ')}): ${result} {\n    ${takesAll ? '' : extra}${result === 'void' ? '' : 'return '}${call};\n  }`;
}

/** The parameter's type as written, or as inferred from its default. */
function typeText(parameter: ts.Symbol, checker: ts.TypeChecker, at: ts.Node): string {
  const node = parameter.valueDeclaration as ts.ParameterDeclaration | undefined;
  if (node?.type !== undefined && node.dotDotDotToken === undefined && !/\bI\b|\bA\b/.test(node.type.getText()))
    return node.type.getText();
  return checker.typeToString(checker.getTypeOfSymbol(parameter), at, ts.TypeFormatFlags.NoTruncation);
}

function noteType(
  word: string,
  node: ts.Node | undefined,
  checker: ts.TypeChecker,
  imports: Map<string, Set<string>>,
): void {
  if (word === 'Tensor' || word === 'Infinity' || word === 'Partial' || node === undefined) return;
  const symbol = checker.resolveName(word, node, ts.SymbolFlags.Type, false);
  if (symbol === undefined) return;
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const file = target.declarations?.[0]?.getSourceFile().fileName;
  if (file?.startsWith(source)) note(imports, file, `type ${word}`);
}

function note(imports: Map<string, Set<string>>, file: string, name: string): void {
  const path = relative(dirname(output), file)
    .replace(/\.ts$/, '.js')
    .replace(/^(?!\.)/, './');
  imports.set(path, (imports.get(path) ?? new Set()).add(name));
}

function nameOf(method: string): string {
  return /\*\/\n {2}(\w+)/.exec(method)![1]!;
}

function format(imports: Map<string, Set<string>>, methods: readonly string[]): string {
  const lines = [...imports]
    .map(
      ([path, names]) =>
        [path, [...names].sort((a, b) => a.replace('type ', '').localeCompare(b.replace('type ', '')))] as const,
    )
    .map(([path, names]) =>
      names.every((name) => name.startsWith('type '))
        ? `import type { ${names.map((name) => name.slice(5)).join(', ')} } from '${path}';`
        : `import { ${names.join(', ')} } from '${path}';`,
    );
  lines.push(`import { withExtra } from '../arguments/with-extra.js';`);
  lines.push(`import * as ops from '../ops/index.js';`, `import { TensorBase } from './tensor-base.js';`);
  lines.sort((a, b) => a.slice(a.indexOf("'")).localeCompare(b.slice(b.indexOf("'"))));
  return `// The Tensor class: what tensor-base.ts defines, and every op as a method.
// Written by scripts/generate-tensor.ts from the ops' own signatures; do not edit by hand.

${lines.join('\n')}

/**
 * An array of numbers or booleans in any number of dimensions, on a backend, with a gradient when asked for.
 * Every method is also a function of the tensor: \`x.add(y)\` is \`add(x, y)\`, and is documented there.
 */
export class Tensor extends TensorBase {
${methods.join('\n\n')}
}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(output, generateTensor());
