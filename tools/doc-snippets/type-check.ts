// Type-checks all blocks with one compiler program, under the strict options of the workspace.

import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../lib/packages.js';
import type { WrittenSnippet } from './write.js';

/** The mistakes of each block by its path, as `README.md:12: message`. A block without mistakes is not in the map. */
export function typeCheck(snippets: readonly WrittenSnippet[]): Map<string, string[]> {
  const program = ts.createProgram(
    snippets.map(({ path }) => path),
    compilerOptions(),
  );
  const mistakes = new Map<string, string[]>();
  for (const { path, file } of snippets) {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    if (found.length > 0)
      mistakes.set(
        path,
        found.map((diagnostic) => describe(diagnostic, file)),
      );
  }
  return mistakes;
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  // A block may name a result that it does not go on to use.
  return { ...options, noUnusedLocals: false, noUnusedParameters: false };
}

function describe({ file: source, start = 0, messageText }: ts.Diagnostic, file: string): string {
  const line = source ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `${file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}
