// Small changes of a source file, each of which makes another program: what a test ought to notice.

import ts from 'typescript';

export interface Mutant {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** What stood there, and what stands there now. */
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}

const { SyntaxKind } = ts;

/** What each operator becomes. */
const operators = new Map<ts.SyntaxKind, readonly [string, string]>([
  [SyntaxKind.LessThanToken, ['comparison', '<=']],
  [SyntaxKind.LessThanEqualsToken, ['comparison', '<']],
  [SyntaxKind.GreaterThanToken, ['comparison', '>=']],
  [SyntaxKind.GreaterThanEqualsToken, ['comparison', '>']],
  [SyntaxKind.EqualsEqualsEqualsToken, ['comparison', '!==']],
  [SyntaxKind.ExclamationEqualsEqualsToken, ['comparison', '===']],
  [SyntaxKind.PlusToken, ['arithmetic', '-']],
  [SyntaxKind.MinusToken, ['arithmetic', '+']],
  [SyntaxKind.AsteriskToken, ['arithmetic', '/']],
  [SyntaxKind.SlashToken, ['arithmetic', '*']],
  [SyntaxKind.PercentToken, ['arithmetic', '*']],
  [SyntaxKind.PlusEqualsToken, ['arithmetic', '-=']],
  [SyntaxKind.MinusEqualsToken, ['arithmetic', '+=']],
  [SyntaxKind.AsteriskEqualsToken, ['arithmetic', '/=']],
  [SyntaxKind.SlashEqualsToken, ['arithmetic', '*=']],
  [SyntaxKind.AmpersandAmpersandToken, ['logic', '||']],
  [SyntaxKind.BarBarToken, ['logic', '&&']],
]);

/** All mutants of a file, in order. What is no program of its own is left out: types, imports, samples, and what errors say. */
export function mutantsOf(fileName: string, text: string): Mutant[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, kind: string, to: string): void => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    const { line } = source.getLineAndCharacterOfPosition(start);
    found.push({ line: line + 1, start, end, from: text.slice(start, end), to, kind });
  };
  const negate = (condition: ts.Expression): void =>
    add(condition, 'condition', `!(${text.slice(condition.getStart(source), condition.getEnd())})`);

  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isTypeAliasDeclaration(node) || ts.isThrowStatement(node)) return;
    if (ts.isVariableDeclaration(node) && /[sS]amples$/.test(node.name.getText(source))) return;
    if (ts.isBinaryExpression(node)) {
      const change = operators.get(node.operatorToken.kind);
      if (change !== undefined && !isText(node)) add(node.operatorToken, ...change);
      if (node.operatorToken.kind === SyntaxKind.QuestionQuestionToken) {
        add(node, 'default', text.slice(node.left.getStart(source), node.left.getEnd()));
      }
    }
    if (ts.isNumericLiteral(node)) {
      const value = Number(node.text);
      add(node, 'constant', String(value + 1));
      if (value !== 0) add(node, 'constant', Number.isInteger(value) ? String(value - 1) : String(value * 1.001));
    }
    if (node.kind === SyntaxKind.TrueKeyword) add(node, 'boolean', 'false');
    if (node.kind === SyntaxKind.FalseKeyword) add(node, 'boolean', 'true');
    if (ts.isIfStatement(node) || ts.isWhileStatement(node)) negate(node.expression);
    if (ts.isConditionalExpression(node)) negate(node.condition);
    if (ts.isExpressionStatement(node) && !ts.isStringLiteral(node.expression) && !isSuper(node)) {
      add(node, 'statement', ';');
    }
    if ((ts.isBindingElement(node) || ts.isParameter(node)) && node.initializer !== undefined) {
      const last = (ts.isParameter(node) && node.type) || node.name;
      add(node, 'default', text.slice(node.getStart(source), last.getEnd()));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The file with the mutant in it. */
export function mutate(text: string, { start, end, to }: Mutant): string {
  return text.slice(0, start) + to + text.slice(end);
}

/** A sum with a text in it puts a message together. */
function isText(node: ts.BinaryExpression): boolean {
  const parts = [node.left, node.right];
  return parts.some(
    (part) =>
      ts.isStringLiteralLike(part) || ts.isTemplateExpression(part) || (ts.isBinaryExpression(part) && isText(part)),
  );
}

function isSuper({ expression }: ts.ExpressionStatement): boolean {
  return ts.isCallExpression(expression) && expression.expression.kind === SyntaxKind.SuperKeyword;
}
