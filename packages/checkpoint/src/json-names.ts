// What JSON.parse does not say: a name that an object has twice, of which it keeps the last.

/** The first name that comes twice in one object of a JSON text, which must be valid; undefined where there is none. */
export function nameThatComesTwice(json: string): string | undefined {
  // Of each object or array around: the names so far, or undefined for an array.
  const around: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const [text] = match;
    if (text === '{') around.push(new Set());
    else if (text === '[') around.push(undefined);
    else if (text === '}' || text === ']') around.pop();
    else {
      const names = around.at(-1);
      if (names === undefined || !isName(json, token.lastIndex)) continue;
      const name = JSON.parse(text) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

/** Whether a colon follows: a text before one is a name, and no other is. */
function isName(json: string, at: number): boolean {
  let next = at;
  while (next < json.length && ' \t\n\r'.includes(json[next]!)) next++;
  return json[next] === ':';
}
