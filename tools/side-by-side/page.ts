// Reads a page that shows two libraries side by side: tables of expressions, and programs in pairs.

/** One line of a table: what is written there, and what is written here. */
export interface Row {
  readonly line: number;
  readonly theirs: string;
  readonly ours: string;
}

export interface Program {
  readonly line: number;
  readonly code: string;
}

export interface Page {
  readonly rows: readonly Row[];
  /** The blocks of their language, and ours; the first of each makes what the tables know. */
  readonly theirs: readonly Program[];
  readonly ours: readonly Program[];
}

/** Of each cell the first piece of code counts; what follows it is a note. Blocks alternate if both are in one language. */
export function readPage(text: string, language: string): Page {
  const lines = text.split('\n');
  const rows: Row[] = [];
  const blocks: (Program & { readonly language: string })[] = [];
  for (let i = 0; i < lines.length; i++) {
    const row = /^\| `([^`]+)`[^|]*\| `([^`]+)`/.exec(lines[i]!);
    if (row) rows.push({ line: i + 1, theirs: row[1]!, ours: row[2]! });
    else if (/^\| `/.test(lines[i]!)) throw new Error(`line ${i + 1}: each cell needs a piece of code: ${lines[i]}`);
    const fence = /^```(\w.*)$/.exec(lines[i]!)?.[1];
    if (fence === undefined) continue;
    const start = i + 1;
    while (lines[++i] !== '```');
    blocks.push({ language: fence, line: start + 1, code: lines.slice(start, i).join('\n') });
  }
  const [theirs, ours] = [blocks.filter((_, i) => i % 2 === 0), blocks.filter((_, i) => i % 2 === 1)];
  if (
    theirs.length !== ours.length ||
    theirs.some((block) => block.language !== language) ||
    ours.some((block) => block.language !== 'ts')
  )
    throw new Error(`blocks need to come in pairs, ${language} and ts`);
  return { rows, theirs, ours };
}

/** A module that exports one function for each row, by the names that the set-up makes. */
export function moduleOf(setup: string, expressions: readonly string[]): string {
  const functions = expressions.map((code) => {
    const statements = code.split('; ');
    const last = statements.pop()!;
    return `  async () => { ${statements.map((statement) => `${statement}; `).join('')}return ${last}; },`;
  });
  return `${setup}\nexport const rows: readonly (() => Promise<unknown>)[] = [\n${functions.join('\n')}\n];`;
}
