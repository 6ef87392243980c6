// How long tests may take: the one place that says so.

/**
 * Milliseconds until a test, or what prepares it, counts as hanging. On a quiet machine of two cores none takes over 20 seconds;
 * one that is six times slower, or as busy, needs two minutes for it, and this is twice that.
 */
export const TIME_LIMIT = 300_000;
