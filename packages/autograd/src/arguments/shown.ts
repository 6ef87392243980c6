// How an error message shows a value: on one line, short, and with its type plain to see.

/**
 * A value as messages show it: a text in quotes, so that it is seen to be one; a list with what is in it; an object by its class, or by what it holds.
 *
 * @example
 * ```ts
 * import { shown } from '@dl/autograd';
 * console.log(shown(2), shown('2'), shown([1, '2']), shown(new Map())); // 2 '2' [1, '2'] a Map
 * ```
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${printable(value, 60)}'`;
  if (Array.isArray(value)) return shownList(value);
  if (typeof value === 'function')
    return value.name === '' ? 'a function' : `the function ${printable(value.name, 60)}`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  const { name } = (value.constructor ?? {}) as { readonly name?: unknown };
  if (typeof name !== 'string' || name === '' || name === 'Object') {
    const keys = Object.keys(value)
      .slice(0, 6)
      .map((key) => printable(key, 40));
    return `an object of ${keys.join(', ') || 'nothing'}`;
  }
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${printable(name, 60)}`;
}

/**
 * A text as messages may quote it, such as a name out of a file: its first characters, without line breaks and other control characters.
 *
 * @example
 * ```ts
 * import { printable } from '@dl/autograd';
 * console.log(printable('conv1.weight'), printable('a very long name', 6)); // conv1.weight a very…
 * ```
 */
export function printable(text: unknown, most = 60): string {
  const whole = String(text);
  const some = whole.length > most ? `${whole.slice(0, most)}…` : whole;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a message must not hold
  return some.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/gu, '\uFFFD');
}

function shownList(list: readonly unknown[]): string {
  const some = list.slice(0, 8).map((each) => (Array.isArray(each) ? `[${each.length > 0 ? '…' : ''}]` : shown(each)));
  return `[${some.join(', ')}${list.length > some.length ? `, … ${list.length} in all` : ''}]`;
}
