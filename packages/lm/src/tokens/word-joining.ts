// How words become text again where no blanks were kept.

/** How the next word is joined to those before it. */
export interface Joining {
  /** Of two with the same key all that may follow is joined alike. */
  readonly key: string;
  /** What stands before a word that comes next. */
  before(word: string): '' | ' ';
  /** Behind a word. */
  next(word: string): Joining;
}

/** Marks before which no blank stands: those that end a sentence or a part of it, that close a bracket or a quotation, and units. */
const closing = /^[\p{Close_Punctuation}\p{Final_Punctuation}\p{Terminal_Punctuation}…%‰°′″']+$/u;
/** Marks behind which no blank stands. */
const opening = /^[\p{Open_Punctuation}\p{Initial_Punctuation}¿¡#@]+$/u;
/** Marks that stand between words without blanks. */
const between = /^(?:—+|-{2,}|[/\\]+)$/u;
const endsAsCurrency = /\p{Currency_Symbol}$/u;
const beginsAsNumber = /^\p{Decimal_Number}/u;
/** Scripts that set no blanks between words, with their marks. */
const unspaced =
  '[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Bopo}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}\\u3000-\\u303f\\uff00-\\uff60]';

/** What of the words so far decides how the next one is joined. */
interface Before {
  /** No blank stands behind it, whatever comes. */
  readonly opens: boolean;
  /** Of quotation marks that look the same on both sides, every other one closes. */
  readonly isQuoted: boolean;
  readonly isCurrency: boolean;
  readonly isUnspaced: boolean;
}

/** A blank between words, by the rule that {@link WordTokenizer} documents. */
export function joinedByPunctuation(): Joining {
  const endsUnspaced = new RegExp(`${unspaced}$`, 'u');
  const beginsUnspaced = new RegExp(`^${unspaced}`, 'u');
  const joining = ({ opens, isQuoted, isCurrency, isUnspaced }: Before): Joining => ({
    key: [opens, isQuoted, isCurrency, isUnspaced].map(Number).join(''),
    before(word) {
      const isJoined =
        opens ||
        (word === '"' && isQuoted) ||
        closing.test(word) ||
        between.test(word) ||
        (isCurrency && beginsAsNumber.test(word)) ||
        (isUnspaced && beginsUnspaced.test(word));
      return isJoined ? '' : ' ';
    },
    next(word) {
      const isQuote = word === '"';
      const isOpened = isQuote !== isQuoted;
      return joining({
        opens: (isQuote && isOpened) || opening.test(word) || between.test(word),
        isQuoted: isOpened,
        isCurrency: endsAsCurrency.test(word),
        isUnspaced: endsUnspaced.test(word),
      });
    },
  });
  return joining({ opens: true, isQuoted: false, isCurrency: false, isUnspaced: false });
}

/** A blank between all words. */
export function joinedByBlanks(): Joining {
  const later: Joining = { key: 'later', before: () => ' ', next: () => later };
  return { key: 'first', before: () => '', next: () => later };
}
