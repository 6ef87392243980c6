// Tokens as the command prints them.

/** A token with its blanks to be seen. */
export const shownToken = (token: string): string => (/^\s|\s$|[\t\n]/.test(token) ? JSON.stringify(token) : token);
