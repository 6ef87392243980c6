// Bytes of texts, and GPT-2's alphabet for them: a character for each byte, none of which is a blank or a control character.

const alphabet = /* @__PURE__ */ makeAlphabet();

function makeAlphabet(): { readonly characters: readonly string[]; readonly bytes: Int16Array } {
  const bytes = new Int16Array(324).fill(-1);
  let others = 256;
  const characters = Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    const code = isPrintable ? byte : others++;
    bytes[code] = byte;
    return String.fromCharCode(code);
  });
  return { characters, bytes };
}

/** The character that stands for each byte: itself where it is one that prints, else one from U+0100 on. */
export function byteCharacters(): readonly string[] {
  return alphabet.characters;
}

/** The bytes that a token of such characters stands for; undefined where it has others. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = alphabet.bytes[token.charCodeAt(i)] ?? -1;
    if (byte < 0) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * Writes the UTF-8 of a well-formed text, and for each byte where its character begins; a character of two code units is where the first of them is.
 * Returns how many bytes there are, three for each code unit at most.
 */
export function writeUtf8(text: string, bytes: Uint8Array, places: Int32Array): number {
  let length = 0;
  const put = (byte: number, place: number): void => {
    bytes[length] = byte;
    places[length++] = place;
  };
  for (let i = 0; i < text.length; i++) {
    const place = i;
    const code = text.codePointAt(i)!;
    if (code < 0x80) {
      put(code, place);
      continue;
    }
    if (code < 0x800) put(0xc0 | (code >> 6), place);
    else {
      if (code < 0x10000) put(0xe0 | (code >> 12), place);
      else {
        put(0xf0 | (code >> 18), place);
        put(0x80 | ((code >> 12) & 63), place);
        i++;
      }
      put(0x80 | ((code >> 6) & 63), place);
    }
    put(0x80 | (code & 63), place);
  }
  return length;
}

/** A text with U+FFFD for halves of pairs that stand alone, which are no characters and have no UTF-8. No place changes. */
export function wellFormed(text: string): string {
  // Newer than the libraries that the compiler knows here, and much quicker where there is nothing to do.
  const { isWellFormed } = text as unknown as { isWellFormed?: (this: string) => boolean };
  return isWellFormed?.call(text) ? text : text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** The names of the tokens that stand for bytes where a character has none: <0x00> to <0xFF>. */
export function byteNames(): readonly string[] {
  return Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
}
