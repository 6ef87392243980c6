// Reads what a source file imports.

import ts from 'typescript';

export interface Import {
  /** What stands in the quotes. */
  from: string;
  line: number;
  /** `await import('…')`: loaded only when that line runs. */
  dynamic: boolean;
}

/** All imports of a file: static, re-exports, types, and dynamic ones whose target is written out. */
export function importsOf(fileName: string, text: string): Import[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest);
  const found: Import[] = [];

  const add = (literal: ts.Node | undefined, dynamic: boolean) => {
    if (!literal || !ts.isStringLiteralLike(literal)) return;
    const { line } = source.getLineAndCharacterOfPosition(literal.getStart(source));
    found.push({ from: literal.text, line: line + 1, dynamic });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, false);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
