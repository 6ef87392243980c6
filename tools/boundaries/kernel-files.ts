// A kernel stands in the file that is named as that of its op: of `packages/autograd/src/ops/compare.ts`, all kernels of all
// backends are in files called `compare.ts`, or in a folder called `compare`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow, isTest, root, workspacePackages } from '../lib/packages.js';
import type { SourceFile } from './check.js';

/** The sources below a folder, without tests. */
function sourcesBelow(folder: string): SourceFile[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.ts') && !isTest(path))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
}

/** For each op of autograd the name of the file that declares it, as `compare`. */
export const opFiles = (workspace = root): ReadonlyMap<string, string> =>
  filesOfOps(sourcesBelow(join(workspace, 'packages/autograd/src/ops')));

/** What is wrong with the kernels of the workspace. */
export function checkKernelFiles(workspace = root): string[] {
  const files = opFiles(workspace);
  return workspacePackages(workspace)
    .filter(({ folder }) => folder.startsWith('kernels-'))
    .flatMap(({ folder, path }) =>
      sourcesBelow(join(path, 'src')).flatMap((source) =>
        checkKernelFile(files, { ...source, path: `packages/${folder}/src/${source.path}` }),
      ),
    );
}

/** For each op the name of the file that declares it, as `compare`. */
export function filesOfOps(sources: readonly SourceFile[]): ReadonlyMap<string, string> {
  return new Map(
    sources.flatMap(({ path, text }) =>
      opsDeclaredIn(path, text).map((op): [string, string] => [op, path.replace(/^.*\/|\.ts$/g, '')]),
    ),
  );
}

/** The exported constants that come of `defineOp`, straight or by way of functions of the file. */
function opsDeclaredIn(path: string, text: string): string[] {
  const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const makers = new Set(['defineOp']);
  const calls = (node: ts.Node): boolean =>
    (ts.isCallExpression(node) && makers.has(node.expression.getText())) || (ts.forEachChild(node, calls) ?? false);
  const functions = statements.filter(ts.isFunctionDeclaration);
  for (let size = 0; size < makers.size; ) {
    size = makers.size;
    for (const each of functions) if (each.body !== undefined && calls(each.body)) makers.add(each.name!.text);
  }
  return statements.filter(ts.isVariableStatement).flatMap(({ declarationList: { declarations } }) =>
    declarations.flatMap(({ name, initializer }) => {
      let made = initializer;
      // `defineOp(…) as …`, or what is added to an op.
      while (made !== undefined && (ts.isAsExpression(made) || ts.isParenthesizedExpression(made)))
        made = made.expression;
      const isOp = made !== undefined && ts.isCallExpression(made) && makers.has(made.expression.getText());
      return isOp ? [name.getText()] : [];
    }),
  );
}

/** One sentence for each kernel of a file that belongs into another: a call whose first argument is an op of autograd. */
export function checkKernelFile(files: ReadonlyMap<string, string>, { path, text }: SourceFile): string[] {
  if (!text.includes(`'@dl/autograd'`)) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imported = new Map<string, string>();
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && (node.moduleSpecifier as ts.StringLiteral).text === '@dl/autograd') {
      const names = node.importClause?.namedBindings;
      if (names && ts.isNamedImports(names))
        for (const { name, propertyName } of names.elements) imported.set(name.text, (propertyName ?? name).text);
    }
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    const op = first && ts.isIdentifier(first) ? imported.get(first.text) : undefined;
    const file = op && files.get(op);
    if (file !== undefined && !path.split(/\/|\.ts$/).includes(file)) {
      const { line } = source.getLineAndCharacterOfPosition(first!.getStart());
      problems.push(
        `${path}:${line + 1}: a kernel of ${op}, which is declared in autograd's ops/${file}.ts: move it to a file of that name, ${file}.ts.`,
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}
