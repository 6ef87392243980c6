// How words become text again where no blanks were kept.

/** Says what stands before the next word: a blank, or nothing. */
export type Joining = (word: string) => '' | ' ';

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

/** A blank between words, by the rule that {@link WordTokenizer} documents. */
export function joinedByPunctuation(): Joining {
  const endsUnspaced = new RegExp(`${unspaced}$`, 'u');
  const beginsUnspaced = new RegExp(`^${unspaced}`, 'u');
  let last: string | undefined;
  // Of quotation marks that look the same on both sides, every other one closes.
  let isQuoted = false;
  let opens = true;
  return (word) => {
    const isQuote = word === '"';
    const isJoined =
      opens ||
      (isQuote && isQuoted) ||
      closing.test(word) ||
      between.test(word) ||
      (endsAsCurrency.test(last!) && beginsAsNumber.test(word)) ||
      (endsUnspaced.test(last!) && beginsUnspaced.test(word));
    if (isQuote) isQuoted = !isQuoted;
    opens = (isQuote && isQuoted) || opening.test(word) || between.test(word);
    last = word;
    return isJoined ? '' : ' ';
  };
}

/** A blank between all words. */
export function joinedByBlanks(): Joining {
  let isFirst = true;
  return () => {
    const blank = isFirst ? '' : ' ';
    isFirst = false;
    return blank;
  };
}
