// Finds the code blocks of Markdown files and of doc comments.
//
//   ```ts          is type-checked and run
//   ```ts no-run   is only type-checked: it needs a browser, a file, or an hour
//   ```sh, ```text and others are left alone
//
// A block is run as plain JavaScript, its types taken out and nothing translated. One that shows `using`, a syntax error in
// Node before 24, has a comment that says so to the reader, and is translated first.

export interface Snippet {
  /** The line of the file on which the code begins, from 1. */
  line: number;
  code: string;
  run: boolean;
  /** Whether it shows `using`, and says what that needs. */
  needsUsing: boolean;
}

export interface Extract {
  snippets: Snippet[];
  /** What would escape the check by its writing, one sentence each. */
  problems: string[];
}

interface Line {
  text: string;
  number: number;
}

export function extractFromMarkdown(text: string): Extract {
  return extract(text.split('\n').map((line, index) => ({ text: line, number: index + 1 })));
}

/** The blocks inside the doc comments of a TypeScript file. */
export function extractFromSource(text: string): Extract {
  const extracts = docComments(text).map((comment) => {
    const found = extract(comment);
    return { ...found, problems: [...found.problems, ...examplesWithoutBlock(comment, found.snippets)] };
  });
  return {
    snippets: extracts.flatMap(({ snippets }) => snippets),
    problems: extracts.flatMap(({ problems }) => problems),
  };
}

function extract(lines: readonly Line[]): Extract {
  const snippets: Snippet[] = [];
  const problems: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const opening = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(lines[i]!.text);
    if (!opening) continue;
    const [, indent = '', fence = '', info = ''] = opening;
    const start = i + 1;
    const isClosing = ({ text }: Line) => text.trim().startsWith(fence) && text.trim().replaceAll(fence[0]!, '') === '';
    do i++;
    while (i < lines.length && !isClosing(lines[i]!));

    const line = lines[start - 1]!.number + 1;
    const kind = kindOf(info.trim(), line);
    if (typeof kind === 'string') problems.push(kind);
    if (typeof kind !== 'object') continue;
    const inside = lines.slice(start, i);
    const code = inside.map(({ text }) => (text.startsWith(indent) ? text.slice(indent.length) : text)).join('\n');
    const needsUsing = code.includes(usingComment);
    if (needsUsing !== declaresUsing(code)) problems.push(usingProblem(line, needsUsing));
    snippets.push({ line, code, needsUsing, ...kind });
  }
  return { snippets, problems };
}

/** What a block that shows `using` says to its reader. */
export const usingComment = '// `using` needs Node 24, TypeScript 5.2 or newer, or a build step.';

const declaresUsing = (code: string): boolean => /^[^/'"`]*\busing\s+\w+\s*(=|of\b)/m.test(code);

function usingProblem(line: number, says: boolean): string {
  return says
    ? `line ${line}: the block says what \`using\` needs, but has none: take the comment out.`
    : `line ${line}: \`using\` is a syntax error in Node before 24: write scope(() => { … }), or add the line "${usingComment}".`;
}

/** What to do with a block: undefined for none of our business, a sentence for a mistake. */
function kindOf(info: string, line: number): { run: boolean } | string | undefined {
  const [language = '', ...rest] = info.split(/\s+/);
  if (['typescript', 'tsx', 'js', 'jsx', 'javascript'].includes(language)) {
    return `line ${line}: a block marked "${language}" is not checked: mark it ts.`;
  }
  if (language !== 'ts') return undefined;
  if (rest.length === 0) return { run: true };
  if (rest.join(' ') === 'no-run') return { run: false };
  return `line ${line}: "${info}" is not known: mark the block "ts" or "ts no-run".`;
}

/** The lines of each doc comment that begins a line, without the stars. */
function docComments(text: string): Line[][] {
  const comments: Line[][] = [];
  let current: Line[] | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (!current && /^\s*\/\*\*/.test(line)) comments.push((current = []));
    if (!current) continue;
    const bare = line.replace(/^\s*\/\*\*\s?/, '').replace(/\s*\*\/.*$/, '');
    current.push({ text: bare.replace(/^\s*\*( |$)/, ''), number: index + 1 });
    if (line.includes('*/')) current = undefined;
  }
  return comments;
}

function examplesWithoutBlock(comment: readonly Line[], snippets: readonly Snippet[]): string[] {
  const tags = comment.filter(({ text }) => /^@\w+/.test(text));
  return tags.flatMap(({ text, number }, index) => {
    if (!text.startsWith('@example')) return [];
    const end = tags[index + 1]?.number ?? Number.POSITIVE_INFINITY;
    const hasBlock = snippets.some(({ line }) => line > number && line < end);
    return hasBlock
      ? []
      : [`line ${number}: @example has no block marked ts: put the code into one, so that it is checked.`];
  });
}
