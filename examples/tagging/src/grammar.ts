// Sentences of a small grammar, drawn from a seed. Half of the difficulty is in words that are of two kinds ("they watch the watch", "her plan", "I saw
// her"), half in words that come only once, whose kind is in their endings: "the vamelous brotion".

import { Generator } from '@dl/autograd';
import type { TaggedSentence } from '@dl/data';

type Pair = readonly [form: string, tag: string];

// Nouns and verbs at once.
const BOTH = 'watch plan walk answer study race hunt call paint order'.split(' ');
const NOUNS = 'river lawyer garden teacher horse machine letter window'.split(' ');
const VERBS = 'follow sell describe bring discuss repair'.split(' ');
// Adjectives and adverbs at once, and adjectives and verbs.
const FAST = 'fast hard early late'.split(' ');
const OPEN = 'open clean slow dry'.split(' ');
const SYLLABLES = 'ba bro ce dro fla gri ho ju ke lo ma ni pra que ro sti tu va wo ze'.split(' ');
const ENDINGS = { NOUN: ['tion', 'ness'], VERB: ['ize', 'ify'], ADJ: ['ous', 'ful'], ADV: ['ly'] } as const;

/** `count` sentences. */
export function drawSentences(count: number, seed: number): TaggedSentence[] {
  const writer = new Writer(new Generator(seed));
  return Array.from({ length: count }, () => {
    const pairs: Pair[] = [...writer.sentence(0), [writer.chance(0.8) ? '.' : '!', 'PUNCT']];
    return { forms: pairs.map(([form]) => form), tags: pairs.map(([, tag]) => tag) };
  });
}

class Writer {
  readonly #random: Generator;

  constructor(random: Generator) {
    this.#random = random;
  }

  chance(share: number): boolean {
    return this.#random.uniform() < share;
  }

  sentence(depth: number): Pair[] {
    return [...this.#subject(), ...this.#predicate(depth)];
  }

  #one<T>(from: readonly T[]): T {
    return from[this.#random.integer(0, from.length)]!;
  }

  /** A word that nobody has seen, known by its ending. */
  #made(tag: keyof typeof ENDINGS): string {
    return this.#one(SYLLABLES) + this.#one(SYLLABLES) + this.#one(ENDINGS[tag]);
  }

  #noun(): Pair {
    return [this.chance(0.3) ? this.#made('NOUN') : this.#one(this.chance(0.5) ? BOTH : NOUNS), 'NOUN'];
  }

  #adjective(): Pair {
    return [this.chance(0.4) ? this.#made('ADJ') : this.#one(this.chance(0.5) ? FAST : OPEN), 'ADJ'];
  }

  #verb(): Pair {
    if (this.chance(0.25)) return [this.#made('VERB'), 'VERB'];
    return [this.#one(this.#one([BOTH, VERBS, OPEN])), 'VERB'];
  }

  #name(): Pair {
    const name = this.#one(SYLLABLES) + this.#one(SYLLABLES);
    return [name[0]!.toUpperCase() + name.slice(1), 'PROPN'];
  }

  #thing(): Pair[] {
    const determiner: Pair = [this.#one(['the', 'a', 'her', 'that', 'every']), 'DET'];
    return [determiner, ...(this.chance(0.4) ? [this.#adjective()] : []), this.#noun()];
  }

  #subject(): Pair[] {
    if (this.chance(0.4)) return [[this.#one(['they', 'we', 'you', 'I']), 'PRON']];
    return this.chance(0.3) ? [this.#name()] : this.#thing();
  }

  #object(): Pair[] {
    if (this.chance(0.25)) return [[this.#one(['her', 'that', 'them']), 'PRON']];
    return this.chance(0.2) ? [this.#name()] : this.#thing();
  }

  #predicate(depth: number): Pair[] {
    const verb = [...(this.chance(0.3) ? [[this.#one(['will', 'can', 'must']), 'AUX'] as const] : []), this.#verb()];
    const kind = this.#random.uniform();
    if (kind < 0.15 && depth === 0) return [...verb, ['that', 'SCONJ'], ...this.sentence(1)];
    if (kind < 0.3) return [...verb, ['to', 'PART'], this.#verb(), ...this.#object()];
    if (kind < 0.45) return [...verb, ...this.#object(), [this.#one(['to', 'in', 'with']), 'ADP'], ...this.#thing()];
    if (kind < 0.65)
      return [...verb, ...this.#object(), [this.chance(0.5) ? this.#made('ADV') : this.#one(FAST), 'ADV']];
    return [...verb, ...this.#object()];
  }
}
