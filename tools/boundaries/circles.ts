// Circles of files that import one another by value: in what order such files run depends on which is imported first. Types are
// no part of it, for nothing of them runs.

import { posix } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './check.js';

/** What a file imports by value from files beside it, as paths like its own; dynamic imports run later, and do not count. */
export function valueImportsOf({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!hasValues(statement) || !statement.moduleSpecifier || !ts.isStringLiteral(statement.moduleSpecifier))
      return [];
    const from = statement.moduleSpecifier.text;
    return from.startsWith('.') ? [posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts')] : [];
  });
}

function hasValues(statement: ts.Statement): statement is ts.ImportDeclaration | ts.ExportDeclaration {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause: clause, isTypeOnly } = statement;
    return !isTypeOnly && !(clause && ts.isNamedExports(clause) && clause.elements.every((each) => each.isTypeOnly));
  }
  if (!ts.isImportDeclaration(statement)) return false;
  const { importClause: clause } = statement;
  if (clause === undefined) return true;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false;
  const { namedBindings: names } = clause;
  return (
    clause.name !== undefined || !names || !ts.isNamedImports(names) || names.elements.some((each) => !each.isTypeOnly)
  );
}

/**
 * The sets of files of which each reaches each other, those of one file left out: the strongly connected components of the graph of
 * imports (R. Tarjan, Depth-first search and linear graph algorithms, SIAM Journal on Computing 1, 1972).
 */
export function circlesOf(files: readonly SourceFile[]): string[][] {
  const imports = new Map(files.map((file) => [file.path, valueImportsOf(file)]));
  const [order, lowest] = [new Map<string, number>(), new Map<string, number>()];
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.get(path)!);
    open.push(path);
    for (const next of imports.get(path)!) {
      if (!imports.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(next)!));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const circle = open.splice(open.indexOf(path));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const path of imports.keys()) if (!order.has(path)) visit(path);
  return circles;
}

/** A circle that is there for a reason. The list is meant to shrink. */
interface KnownCircle {
  /** The folder of the package. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly why: string;
}

export const knownCircles: readonly KnownCircle[] = [
  {
    folder: 'autograd',
    files: ['activation-grads', 'arithmetic', 'elementwise', 'expand', 'prod-of-others', 'reduce', 'where'].map(
      (name) => `src/ops/${name}.ts`,
    ),
    why: 'gradients are written in ops: that of expand is a sum, and that of a sum is expanded',
  },
  {
    folder: 'autograd',
    files: ['src/ops/join.ts', 'src/ops/split.ts'],
    why: 'the gradient of concat is split, and that of split is concat',
  },
];

/** An import by value that would make a circle again, or a long way to one. */
interface ForbiddenImport {
  readonly folder: string;
  readonly from: RegExp;
  readonly to: string;
  readonly instead: string;
}

export const forbiddenImports: readonly ForbiddenImport[] = ['make', 'make-random', 'tensor'].map((name) => ({
  folder: 'autograd',
  from: /^src\/ops\//,
  to: `src/tensor/${name}.ts`,
  instead: 'ops allocate what they need, tensor/allocate.ts; the class of tensors has the ops as methods',
}));

/** One sentence for each circle of a package that is not a known one, for each known one that has shrunk, and for forbidden imports. */
export function checkCircles(
  folder: string,
  files: readonly SourceFile[],
  known: readonly KnownCircle[] = knownCircles,
  forbidden: readonly ForbiddenImport[] = forbiddenImports,
): string[] {
  const found = circlesOf(files);
  const isKnown = (circle: readonly string[], each: KnownCircle): boolean =>
    `${circle}` === `${[...each.files].sort()}`;
  const own = known.filter((each) => each.folder === folder);
  return [
    ...found
      .filter((circle) => !own.some((each) => isKnown(circle, each)))
      .map(
        (circle) =>
          `packages/${folder}: ${circle.join(', ')} import one another by value: move what both need into a file of its own, or import types only.`,
      ),
    ...own
      .filter((each) => !found.some((circle) => isKnown(circle, each)))
      .map(
        ({ files: [first] }) =>
          `packages/${folder}: the known circle of ${first} is not as tools/boundaries/circles.ts has it: shorten that entry, or take it out.`,
      ),
    ...forbidden
      .filter((each) => each.folder === folder)
      .flatMap(({ from, to, instead }) =>
        files
          .filter((file) => from.test(file.path) && valueImportsOf(file).includes(to))
          .map(({ path }) => `packages/${folder}/${path} imports ${to} by value: ${instead}.`),
      ),
  ];
}
