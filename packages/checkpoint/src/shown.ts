// Words of others in a message: one line, and not longer than can be read.

/** A text as an error may quote it: its first characters, without line breaks and other control characters. */
export function shown(text: unknown, most = 60): string {
  const whole = String(text);
  const some = whole.length > most ? `${whole.slice(0, most)}…` : whole;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a message must not hold
  return some.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/gu, '\uFFFD');
}
