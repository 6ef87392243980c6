// Reader of CoNLL-U, the format of Universal Dependencies: a word a line in ten columns, an empty line
// after each sentence, comments before it. And of its two-column cousin, a word and its tag a line.

import { checkCall, FormatError, printable } from '@dl/autograd';
import { parseLines } from './text.js';

/** A syntactic word. An underscore in the file is '' here, where the column is not form or lemma. */
export interface Word {
  /** 1 for the first word of the sentence. */
  readonly id: number;
  readonly form: string;
  readonly lemma: string;
  /** Universal part of speech, such as NOUN. */
  readonly upos: string;
  /** The language's own part of speech, such as NNP. */
  readonly xpos: string;
  readonly feats: Readonly<Record<string, string>>;
  /** The id of the word that this one hangs on, 0 for the root; null where the file has none. */
  readonly head: number | null;
  readonly deprel: string;
  readonly deps: string;
  readonly misc: string;
}

/** Several words written as one, such as "don't": words `first` to `last`. */
export interface MultiwordToken {
  readonly first: number;
  readonly last: number;
  readonly form: string;
  readonly misc: string;
}

/** A word that the enhanced graph adds, with an id such as 8.1. */
export type EmptyNode = Omit<Word, 'id' | 'head'> & { readonly id: string };

/** A sentence of a treebank. */
export interface Sentence {
  /** The comments of the form `# name = value`, such as `sent_id` and `text`; `# newdoc` is ''. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly words: readonly Word[];
  readonly multiwords: readonly MultiwordToken[];
  readonly emptyNodes: readonly EmptyNode[];
}

/**
 * The sentences of a CoNLL-U text.
 *
 * @throws FormatError, with the line, for a line that has not ten columns, an id out of order, or a head
 * that is no word of the sentence; and when the last sentence is cut off.
 *
 * Source: the CoNLL-U format, https://universaldependencies.org/format.html.
 *
 * @example
 * ```ts
 * import { parseConllu } from '@dl/data';
 * const text = [
 *   '# text = Dogs bark',
 *   '1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\t_',
 *   '2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_',
 *   '\n',
 * ].join('\n');
 * const [sentence] = parseConllu(text);
 * console.log(sentence?.words.map(({ form, upos }) => `${form}/${upos}`)); // Dogs/NOUN, bark/VERB
 * ```
 */
export function parseConllu(text: string): Sentence[] {
  checkCall('parseConllu', arguments, ['text']);
  const sentences: Sentence[] = [];
  let draft = new Draft();
  parseLines(text).forEach((line, i) => {
    if (line.trim() === '') {
      if (draft.words.length > 0) sentences.push(draft.finish());
      draft = new Draft();
    } else if (line.startsWith('#')) {
      draft.comment(line);
    } else {
      draft.token(line, i + 1);
    }
  });
  if (draft.words.length > 0) {
    throw new FormatError(
      'parseConllu: the text ends within a sentence, needs an empty line after it; the file is cut off, get it again',
    );
  }
  return sentences;
}

class Draft {
  readonly words: Word[] = [];
  readonly #metadata = new Map<string, string>();
  readonly #multiwords: MultiwordToken[] = [];
  readonly #emptyNodes: EmptyNode[] = [];
  #firstLine = 0;

  comment(line: string): void {
    const [name = '', ...value] = line.slice(1).split('=');
    this.#metadata.set(name.trim(), value.join('=').trim());
  }

  token(line: string, number: number): void {
    if (this.#firstLine === 0) this.#firstLine = number;
    const columns = line.split('\t');
    if (columns.length !== 10) {
      throw new FormatError(
        `parseConllu: line ${number} has ${columns.length} columns, needs 10 with tabs between; ` +
          'is the file cut off, or of another format?',
      );
    }
    const [id, form, lemma, upos, xpos, feats, head, deprel, deps, misc] = columns as Ten;
    const rest = {
      form,
      lemma,
      upos: value(upos),
      xpos: value(xpos),
      feats: features(feats),
      deprel: value(deprel),
      deps: value(deps),
      misc: value(misc),
    };
    const range = /^(\d+)-(\d+)$/.exec(id);
    if (range !== null) {
      this.#multiwords.push({ first: Number(range[1]), last: Number(range[2]), form, misc: rest.misc });
    } else if (/^\d+\.\d+$/.test(id)) {
      this.#emptyNodes.push({ id, ...rest });
    } else {
      const expected = this.words.length + 1;
      if (id !== String(expected)) {
        throw new FormatError(
          `parseConllu: line ${number} has the id '${printable(id)}', needs ${expected}; is a line missing?`,
        );
      }
      if (head !== '_' && !/^\d+$/.test(head)) {
        throw new FormatError(
          `parseConllu: line ${number} has the head '${printable(head)}', needs a whole number or _`,
        );
      }
      this.words.push({ id: expected, ...rest, head: head === '_' ? null : Number(head) });
    }
  }

  finish(): Sentence {
    const count = this.words.length;
    const far = this.words.find(({ head }) => (head ?? 0) > count) ?? this.#multiwords.find(({ last }) => last > count);
    if (far !== undefined) {
      throw new FormatError(
        `parseConllu: the sentence at line ${this.#firstLine} has ${count} words, but '${printable(far.form)}' points beyond them; ` +
          'the file is cut off or damaged, get it again',
      );
    }
    const { words } = this;
    // Not by assignment: a comment may be called `__proto__`.
    return {
      metadata: Object.fromEntries(this.#metadata),
      words,
      multiwords: this.#multiwords,
      emptyNodes: this.#emptyNodes,
    };
  }
}

type Ten = [string, string, string, string, string, string, string, string, string, string];

const value = (column: string): string => (column === '_' ? '' : column);

function features(column: string): Record<string, string> {
  if (column === '_') return {};
  const pairs = column.split('|').map((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** A sentence as words with a tag each: `forms[i]` has `tags[i]`. */
export interface TaggedSentence {
  readonly forms: readonly string[];
  readonly tags: readonly string[];
}

/**
 * The sentences of a text with a word, a tab and its tag a line, and an empty line after each sentence.
 *
 * @throws FormatError, with the line, for a line that has not two columns.
 *
 * @example
 * ```ts
 * import { parseTagged } from '@dl/data';
 * console.log(parseTagged('Dogs\tNOUN\nbark\tVERB\n\n')[0]?.tags); // NOUN, VERB
 * ```
 */
export function parseTagged(text: string): TaggedSentence[] {
  checkCall('parseTagged', arguments, ['text']);
  const sentences: TaggedSentence[] = [];
  let forms: string[] = [];
  let tags: string[] = [];
  const end = () => {
    if (forms.length > 0) sentences.push({ forms, tags });
    forms = [];
    tags = [];
  };
  parseLines(text).forEach((line, i) => {
    if (line === '') return end();
    const [form, tag, ...more] = line.split('\t');
    if (!form || !tag || more.length > 0) {
      throw new FormatError(`parseTagged: line ${i + 1} is '${printable(line)}', needs a word, one tab and a tag`);
    }
    forms.push(form);
    tags.push(tag);
  });
  end();
  return sentences;
}
