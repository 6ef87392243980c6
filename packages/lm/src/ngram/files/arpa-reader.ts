// ArpaReader: an n-gram model from the lines of an ARPA file, which are checked one by one.

import { ArgumentError, FormatError, printable, shown } from '@dl/autograd';
import { Vocabulary } from '../../tokens/vocabulary.js';
import { CountLevel } from '../count-level.js';
import type { Padding } from '../counts.js';
import { GrownFloats } from '../grown.js';
import { sortedTrie } from '../make-trie.js';
import { BackoffModel } from '../model.js';
import { MOST_WEIGHT, probabilitySums, sumsAreOne } from '../sums.js';
import { MOST_ORDER } from '../trie.js';
import { naturalOf } from './decimal.js';

/** So many entries of one order fit: see CountLevel. */
const MOST_ENTRIES = 2 ** 29;

/** Files say of a probability of 0 that its logarithm is this, `<s>` first of all, which is never predicted. */
const NEVER = -99;

export class ArpaReader {
  #number = 0;
  #at: 'front' | 'header' | 'section' | 'end' = 'front';
  /** How many entries the header announces, by order - 1. */
  readonly #announced: number[] = [];
  /** Of the section that is read, and how many entries it had so far. */
  #order = 0;
  #came = 0;
  readonly #ids = new Map<string, number>();
  /** By order - 2: the n-grams without their last token, and that. */
  readonly #found: CountLevel[] = [];
  /** By order - 1. NaN for what the file has as the begin of an n-gram alone. */
  readonly #logs: GrownFloats[] = [];
  readonly #weights: GrownFloats[] = [];
  #blanks = 0;
  readonly #padding: Padding | undefined;

  constructor(padding?: Padding) {
    this.#padding = padding;
  }

  /** Takes the next line. */
  take(line: string): void {
    this.#number++;
    const text = line.trim();
    if (text === '') return;
    if (this.#at === 'front') {
      // Whatever stands before it is a comment.
      if (text === '\\data\\') this.#at = 'header';
    } else if (this.#at === 'end') {
      throw this.#wrong(`${shown(text)} comes after \\end\\`);
    } else if (text.startsWith('\\')) this.#heading(text);
    else if (this.#at === 'header') this.#announce(text);
    else this.#entry(line);
  }

  /** The model, when all lines came. */
  end(): BackoffModel {
    if (this.#at === 'front') {
      throw new FormatError(
        'readArpa: there is no line \\data\\; needs the text or the bytes of an ARPA file, and not its path',
      );
    }
    if (this.#at !== 'end') {
      const came = this.#at === 'header' ? 'in its header' : `in its ${this.#order}-grams`;
      throw new FormatError(`readArpa: the file ends ${came}, before \\end\\; it is cut off: get it again`);
    }
    const found = this.#found.slice(0, this.#announced.length - 1);
    const { trie, places } = sortedTrie(this.#ids.size, found);
    const logProbabilities = new Float64Array(trie.size);
    const backoffs = new Float64Array(trie.contexts);
    logProbabilities.set(this.#logs[0]!.values.subarray(0, this.#ids.size), 1);
    if (trie.order > 1) backoffs.set(this.#weights[0]!.values.subarray(0, this.#ids.size), 1);
    places.forEach((place, i) => {
      const logs = this.#logs[i + 1]!.values;
      const weights = this.#weights[i + 1]!.values;
      for (let ngram = 0; ngram < place.length; ngram++) {
        const node = place[ngram]!;
        logProbabilities[node] = logs[ngram]!;
        if (node < trie.contexts) backoffs[node] = weights[ngram]!;
      }
    });
    const info = this.#info();
    if (info.padding !== 'none') {
      // It stands around sequences, and is never predicted, whatever the file says of it.
      const bos = info.vocabulary!.bos!;
      for (let node = 1; node < trie.size; node++) if (trie.words[node] === bos) logProbabilities[node] = -Infinity;
    }
    const model = new BackoffModel(trie, { logProbabilities, backoffs }, info);
    this.#fillBlanks(model);
    const sums = probabilitySums(model);
    const [least, most] = [sums.reduce((a, b) => Math.min(a, b)), sums.reduce((a, b) => Math.max(a, b))];
    return new BackoffModel(trie, model, {
      ...model.info,
      isDistribution: sumsAreOne(sums),
      details: { sums: [least, most], missing: this.#blanks },
    });
  }

  #info(): BackoffModel['info'] & { readonly vocabulary: Vocabulary } {
    const ids = this.#ids;
    const role = (...names: string[]): string | undefined => names.find((name) => ids.has(name));
    const [unk, bos, eos] = [role('<unk>', '<UNK>'), role('<s>'), role('</s>')];
    const vocabulary = new Vocabulary([...ids.keys()], {
      ...(unk !== undefined && { unk }),
      ...(bos !== undefined && { bos }),
      ...(eos !== undefined && { eos }),
    });
    const hasEnds = bos !== undefined && eos !== undefined;
    const padding = this.#padding ?? (hasEnds ? 'ends' : 'none');
    if (padding !== 'none' && !hasEnds) {
      throw new ArgumentError(
        `readArpa: padding is '${padding}', but the file has no ${bos === undefined ? '<s>' : '</s>'}; leave padding out, or take 'none'`,
      );
    }
    return { smoothing: 'ARPA', isDistribution: true, padding, vocabulary, details: {} };
  }

  /** What the file has no probability of gets that by backing off, so that all scores are as without it. Its weight is 1. */
  #fillBlanks(model: BackoffModel): void {
    if (this.#blanks === 0) return;
    const { trie, logProbabilities, backoffs } = model;
    for (let context = 1; context < trie.contexts; context++) {
      for (let node = trie.children[context]!; node < trie.children[context + 1]!; node++) {
        if (!Number.isNaN(logProbabilities[node]!)) continue;
        const shorter = model.logProbabilityIn(trie.suffixes[context]!, trie.words[node]!);
        logProbabilities[node] = backoffs[context]! + shorter;
      }
    }
  }

  #announce(text: string): void {
    const match = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(text);
    if (match === null) throw this.#wrong(`${shown(text)} stands in the header, needs lines such as 'ngram 1=5000'`);
    const order = Number(match[1]);
    if (order !== this.#announced.length + 1) {
      throw this.#wrong(`the number of ${order}-grams comes where that of ${this.#announced.length + 1}-grams belongs`);
    }
    if (order > MOST_ORDER) throw this.#wrong(`the order is more than ${MOST_ORDER}`);
    const count = Number(match[2]);
    if (count > MOST_ENTRIES) {
      throw this.#wrong(`${printable(match[2], 30)} ${order}-grams are announced; at most ${MOST_ENTRIES} can be read`);
    }
    if (order === 1 && count === 0) throw this.#wrong('there are no 1-grams; a model has words');
    this.#announced.push(count);
  }

  #heading(text: string): void {
    this.#checkCount();
    const { length } = this.#announced;
    if (length === 0) throw this.#wrong(`${shown(text)} comes before any line such as 'ngram 1=5000'`);
    const needs = this.#order === length ? '\\end\\' : `\\${this.#order + 1}-grams:`;
    if (text !== needs) throw this.#wrong(`${shown(text)} comes where ${needs} belongs`);
    if (this.#order === length) {
      this.#at = 'end';
      return;
    }
    this.#at = 'section';
    this.#order++;
    this.#came = 0;
    this.#logs.push(new GrownFloats());
    this.#weights.push(new GrownFloats());
    if (this.#order > 1) this.#found.push(new CountLevel());
  }

  #checkCount(): void {
    if (this.#at !== 'section') return;
    const announced = this.#announced[this.#order - 1]!;
    if (this.#came !== announced) {
      throw this.#wrong(
        `the header announces ${announced} ${this.#order}-grams, but ${this.#came} came; the file is damaged`,
      );
    }
  }

  #entry(line: string): void {
    const order = this.#order;
    if (this.#came === this.#announced[order - 1]) {
      throw this.#wrong(`more than the ${this.#came} ${order}-grams come that the header announces`);
    }
    this.#came++;
    const fields = line.split(/[ \t\r]+/);
    let from = 0;
    let to = fields.length;
    if (fields[from] === '') from++;
    if (fields[to - 1] === '') to--;
    const count = to - from;
    if (count !== order + 1 && count !== order + 2) {
      throw this.#wrong(
        `an entry of the ${order}-grams has ${count} fields, needs a logarithm, ${order === 1 ? 'a word' : `${order} words`} and perhaps a weight`,
      );
    }
    const log = this.#logarithm(fields[from]!);
    const weight = count === order + 2 ? this.#weight(fields[to - 1]!) : 0;
    if (order === 1) this.#word(fields[from + 1]!, log, weight);
    else this.#ngram(fields, from + 1, log, weight);
  }

  #logarithm(text: string): number {
    if (Number(text) === NEVER) return Number.NEGATIVE_INFINITY;
    const log = naturalOf(text);
    if (Number.isNaN(log)) throw this.#wrong(`${shown(text)} is no logarithm of a probability`);
    if (log > 0) {
      throw this.#wrong(
        `the logarithm ${printable(text, 30)} is above 0, of a probability above 1; the file is faulty, as some of IRSTLM are`,
      );
    }
    return log;
  }

  #weight(text: string): number {
    if (Number(text) === NEVER) return Number.NEGATIVE_INFINITY;
    const weight = naturalOf(text);
    if (!(Math.abs(weight) <= MOST_WEIGHT || weight === Number.NEGATIVE_INFINITY)) {
      throw this.#wrong(`${shown(text)} is no logarithm of a back-off weight`);
    }
    if (weight !== 0 && this.#order === this.#announced.length) {
      throw this.#wrong(
        `a ${this.#order}-gram has the back-off weight ${printable(text, 30)}, but nothing longer backs off to it`,
      );
    }
    return weight;
  }

  #word(word: string, log: number, weight: number): void {
    if (this.#ids.has(word)) throw this.#wrong(`the word ${shown(word)} comes twice`);
    this.#ids.set(word, this.#ids.size);
    // Nobody predicts it: some files say 1 of it, since it always comes first.
    this.#logs[0]!.push(word === '<s>' && log === 0 ? Number.NEGATIVE_INFINITY : log);
    this.#weights[0]!.push(weight);
  }

  #ngram(fields: readonly string[], first: number, log: number, weight: number): void {
    const order = this.#order;
    let context = this.#id(fields[first]!);
    for (let k = 2; k < order; k++) {
      const level = this.#found[k - 2]!;
      const id = this.#id(fields[first + k - 1]!);
      const node = level.find(context, id);
      context = node >= 0 ? node : this.#added(k, context, id, Number.NaN, 0);
      if (node < 0) this.#blanks++;
    }
    const last = this.#id(fields[first + order - 1]!);
    if (this.#found[order - 2]!.find(context, last) >= 0) {
      throw this.#wrong(`the n-gram ${shown(fields.slice(first, first + order).join(' '))} comes twice`);
    }
    this.#added(order, context, last, log, weight);
  }

  #added(order: number, context: number, id: number, log: number, weight: number): number {
    this.#logs[order - 1]!.push(log);
    this.#weights[order - 1]!.push(weight);
    return this.#found[order - 2]!.count(context, id, 0);
  }

  #id(word: string): number {
    const id = this.#ids.get(word);
    if (id === undefined) throw this.#wrong(`${shown(word)} is in a ${this.#order}-gram, but not in the 1-grams`);
    return id;
  }

  #wrong(words: string): FormatError {
    return new FormatError(`readArpa: line ${this.#number}: ${words}`);
  }
}
