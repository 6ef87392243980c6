// A block as plain JavaScript: what a reader has who leaves the types out. Nothing is translated, and every line stays where
// it was, so that syntax which Node does not know yet fails.

import stripTypes from 'ts-blank-space';

export function toJavaScript(code: string): string {
  const notErasable: string[] = [];
  const result = stripTypes(code, ({ pos, end }) => notErasable.push(code.slice(pos, end).trim()));
  if (notErasable.length > 0) {
    throw new Error(
      `"${notErasable[0]}" is no JavaScript with types: write it so that leaving the types out is enough.`,
    );
  }
  return result;
}
