// Reads what a README tells its reader to install, and what its examples import.

import ts from 'typescript';

/** The name of a package from an import: `@dl/train/node` is of `@dl/train`. */
const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** The packages that a block imports, without Node's own modules. */
export function importedPackages(code: string): string[] {
  const { importedFiles } = ts.preProcessFile(code, true, true);
  const outside = importedFiles.filter(({ fileName }) => !/^(node:|\.)/.test(fileName));
  return [...new Set(outside.map(({ fileName }) => packageOf(fileName)))];
}

/** The packages that the `npm install …` lines of a text name: by their names, and as tarballs in `../packed`. */
export function installed(text: string): { fromRegistry: Set<string>; fromFolder: Set<string> } {
  const [fromRegistry, fromFolder] = [new Set<string>(), new Set<string>()];
  for (const line of installLines(text)) {
    const words = line.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-'));
    const into = words.some(isTarball) ? fromFolder : fromRegistry;
    for (const word of words) into.add(isTarball(word) ? nameOf(word) : word.replace(/(?<=.)@.*$/, ''));
  }
  return { fromRegistry, fromFolder };
}

/** What stands behind `npm install` where that begins a line. */
export function installLines(text: string): string[] {
  return [...text.matchAll(/^npm install (.+)$/gm)].map(([, words]) => words!);
}

const isTarball = (word: string): boolean => word.startsWith('../packed/');

/** `../packed/dl-kernels-cpu.tgz` is `@dl/kernels-cpu`. */
const nameOf = (tarball: string): string => tarball.replace(/^\.\.\/packed\/dl-(.*)\.tgz$/, '@dl/$1');
