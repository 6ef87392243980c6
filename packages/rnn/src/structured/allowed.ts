// Which tag may follow which: said by a list or a function, kept as a table.

import { ArgumentError, checkCall, shown } from '@dl/autograd';

/** A tag that others follow, or where a sequence starts. */
export type FromTag = number | 'start';
/** A tag that follows others, or where a sequence ends. */
export type ToTag = number | 'end';

/**
 * What may follow what: all pairs that are allowed, or a function that says it of a pair. The pairs with 'start' are the tags that may come first, those with 'end'
 * the ones that may come last; there is no pair of both.
 */
export type AllowedTransitions =
  | readonly (readonly [from: FromTag, to: ToTag])[]
  | ((from: FromTag, to: ToTag) => boolean);

/** The answers: true where it may be. */
export interface AllowedTable {
  /** [from, to], row by row. */
  readonly transitions: readonly boolean[];
  readonly start: readonly boolean[];
  readonly end: readonly boolean[];
}

/** @throws ArgumentError for a pair that is none, and where no tag may come first, or last. */
export function allowedTable(numTags: number, allowed: AllowedTransitions): AllowedTable {
  const isAllowed = typeof allowed === 'function' ? allowed : among(numTags, allowed);
  const tags = Array.from({ length: numTags }, (_, tag) => tag);
  const ask = (from: FromTag, to: ToTag): boolean => {
    const answer: unknown = isAllowed(from, to);
    if (typeof answer === 'boolean') return answer;
    throw new ArgumentError(`CRF: allowed(${shown(from)}, ${shown(to)}) gives ${shown(answer)}, needs true or false`);
  };
  const table = {
    transitions: tags.flatMap((from) => tags.map((to) => ask(from, to))),
    start: tags.map((tag) => ask('start', tag)),
    end: tags.map((tag) => ask(tag, 'end')),
  };
  const never = !table.start.includes(true) ? 'first' : !table.end.includes(true) ? 'last' : undefined;
  if (never !== undefined) {
    const pair = never === 'first' ? "['start', tag]" : "[tag, 'end']";
    throw new ArgumentError(`CRF: allowed lets no tag come ${never}; add the pairs ${pair} for those that may`);
  }
  return table;
}

function among(numTags: number, pairs: readonly (readonly [FromTag, ToTag])[]) {
  const isTag = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < numTags;
  for (const pair of pairs as readonly unknown[]) {
    const isPair = Array.isArray(pair) && pair.length === 2;
    const [from, to]: unknown[] = isPair ? pair : [];
    const isKnown = (isTag(from) && (isTag(to) || to === 'end')) || (from === 'start' && isTag(to));
    if (!isKnown) {
      throw new ArgumentError(
        `CRF: allowed has ${shown(pair)}, needs pairs [from, to] of tags from 0 to ${numTags - 1}, ['start', tag] or [tag, 'end']`,
      );
    }
  }
  const known = new Set(pairs.map(([from, to]) => `${from} ${to}`));
  return (from: FromTag, to: ToTag): boolean => known.has(`${from} ${to}`);
}

/**
 * Which tags may follow which in the BIO scheme, as `allowed` of a {@link CRF}: `B-X` begins a part of kind X, `I-X` goes on with one, so that it only comes after `B-X`
 * or `I-X`, and `O` is outside (Ramshaw & Marcus, "Text chunking using transformation-based learning", 1995, in its later form IOB2).
 *
 * @throws ArgumentError for a name of another form.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { bioTransitions, CRF } from '@dl/rnn';
 * await useBackend(cpu());
 * const names = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
 * const allowed = bioTransitions(names);
 * console.log(allowed(1, 2), allowed(3, 2), allowed('start', 2)); // true false false
 * console.log(new CRF(names.length, { allowed }).numTags); // 5
 * ```
 */
export function bioTransitions(names: readonly string[]): (from: FromTag, to: ToTag) => boolean {
  checkCall('bioTransitions', arguments, [['names', 'list']]);
  for (const name of names) {
    if (typeof name !== 'string' || !/^(O|[BI]-.+)$/s.test(name)) {
      throw new ArgumentError(`bioTransitions: a name is ${shown(name)}, needs 'O', or 'B-' or 'I-' before a kind`);
    }
  }
  return (from, to) => {
    const name = to === 'end' ? 'O' : names[to]!;
    if (!name.startsWith('I-')) return true;
    const kind = name.slice(1);
    return from !== 'start' && (names[from] === `B${kind}` || names[from] === `I${kind}`);
  };
}
