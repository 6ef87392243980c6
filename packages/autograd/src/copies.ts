// Two loaded copies of a package do not know each other's tensors, modules and so on, and each has a backend of its own. What
// one makes carries a mark that tells the other where it came from.

import { BackendError } from './errors.js';
import { version } from './version.js';

/** One loaded copy of a package. */
export interface Copy {
  readonly name: string;
  readonly version: string;
  /** Where its file begins to run, as the first line of a stack has it, with line and column; undefined where stacks tell nothing. */
  readonly site: string | undefined;
}

/**
 * Under this key each object that cannot leave its copy of a package tells which that is: tensors, backends, ops, modules, optimisers.
 * Shared by all copies that are loaded.
 */
export const copyMark: unique symbol = Symbol.for('@dl/copy');

/**
 * The copy of a package that its classes return under {@link copyMark}. `here` makes an error in the package's own file: its stack says
 * which file that is, if ever somebody asks.
 *
 * @example
 * ```ts
 * import { type Copy, copyMark, packageCopy } from '@dl/autograd';
 * const copy = packageCopy('my-layers', '1.0.0', () => new Error());
 *
 * class Cell {
 *   get [copyMark](): Copy {
 *     return copy;
 *   }
 * }
 * console.log(new Cell()[copyMark].version); // 1.0.0
 * ```
 */
export function packageCopy(name: string, version: string, here: () => Error): Copy {
  return {
    name,
    version,
    get site() {
      return siteOf(here().stack);
    },
  };
}

/** This copy of this package. */
export const ownCopy: Copy = /* @__PURE__ */ packageCopy('@dl/autograd', version, () => new Error());

/**
 * What `instanceof` says, unless the value is of a class of another loaded copy of the same package, which it cannot know.
 * `where` and `what` begin the error: `Adam: parameter 0 is of another copy of @dl/autograd …`.
 *
 * @throws BackendError that names both copies and the cure.
 *
 * @example
 * ```ts
 * import { isInstance, Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(isInstance(tensor(1), Tensor, 'mine', 'x'), isInstance(1, Tensor, 'mine', 'x')); // true false
 * ```
 */
export function isInstance<T extends object>(
  value: unknown,
  type: abstract new (...args: never) => T,
  where: string,
  what: string,
): value is T {
  if (value instanceof type) return true;
  const own = copyOf(type.prototype);
  if (own !== undefined) refuseOtherCopy(value, where, what, own);
  return false;
}

/** Throws for what another loaded copy of the package made, as {@link isInstance} does. */
export function refuseOtherCopy(value: unknown, where: string, what: string, own: Copy = ownCopy): void {
  const other = copyOf(value);
  if (other === undefined || other === own || other.name !== own.name) return;
  throw new BackendError(
    isSameFile(other, own)
      ? `${where}: ${what} was made before ${own.name} ${own.version}${placeOf(own)} was loaded anew, as hot reloading does; make it anew, too`
      : `${where}: ${what} is of another copy of ${own.name}: ${twoCopies(other, own)}`,
  );
}

function copyOf(value: unknown): Copy | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  return (value as { readonly [copyMark]?: Copy })[copyMark];
}

/** The one sentence about two copies. */
function twoCopies(other: Copy, own: Copy): string {
  return (
    `version ${other.version}${placeOf(other)} is loaded beside version ${own.version}${placeOf(own)}, and neither knows the other's tensors, ` +
    `modules and backends; let all packages share one (npm ls ${own.name} shows who asks for which, npm dedupe or one version in ` +
    `package.json mends it, in a bundler resolve.dedupe or an alias)`
  );
}

/** Whether one file was loaded twice, as hot reloading and tests do: the second copy takes the place of the first. */
function isSameFile(a: Copy, b: Copy): boolean {
  return a.version === b.version && a.site !== undefined && a.site === b.site;
}

/** The copy that was used first, for all copies to see. */
interface First {
  copy: Copy;
  isTold: boolean;
}
const firstKey = Symbol.for('@dl/autograd/first');
const shared = globalThis as { [firstKey]?: First };
let isAnnounced = false;

/** To be called where a copy begins to be used: what importing does is nothing. Two copies are told once. */
export function announceCopy(): void {
  if (isAnnounced) return;
  isAnnounced = true;
  const first = shared[firstKey];
  if (first === undefined || isSameFile(first.copy, ownCopy)) {
    shared[firstKey] = { copy: ownCopy, isTold: false };
  } else if (!first.isTold) {
    first.isTold = true;
    console.warn(`There are two copies of @dl/autograd: ${twoCopies(first.copy, ownCopy)}.`);
  }
}

/** What to add where something was never set in this copy: that it may have been in another one. */
export function usedElsewhere(): string | undefined {
  const first = shared[firstKey];
  if (first === undefined || first.copy === ownCopy || isSameFile(first.copy, ownCopy)) return undefined;
  return twoCopies(first.copy, ownCopy);
}

/** The file that a stack begins in, with line and column, without what a server or a loader adds to an address. */
function siteOf(stack = ''): string | undefined {
  for (const line of stack.split('\n')) {
    const found =
      /([a-z][\w+.-]*:\/\/.*?)(\?.*)?(:\d+:\d+)\)?$/.exec(line) ??
      /(?:^|[\s(@])((?:\/|[A-Z]:\\).*?)(\?.*)?(:\d+:\d+)\)?$/.exec(line);
    if (found) return `${found[1]!.replace(/^file:\/\//, '')}${found[3]!}`;
  }
  return undefined;
}

/** Where a copy lies: the folder of its package, or the file of a bundle. */
function placeOf({ site }: Copy): string {
  const file = site?.replace(/(:\d+)?:\d+$/, '');
  return file === undefined ? '' : ` in ${file.replace(/[/\\](dist|src)[/\\][^/\\]+$/, '')}`;
}
