// Where in the user's code something happened, for errors that come later.

/** Remembers where it is called from. Six frames are enough to get out of this package where users call directly, and cheap. */
export function captureSite(frames = 6): Error {
  const errors: ErrorConstructor & { stackTraceLimit?: number } = Error;
  const limit = errors.stackTraceLimit;
  if (limit === undefined) return new Error('site'); // only V8 has the setting
  try {
    errors.stackTraceLimit = frames;
  } catch {
    // Where intrinsics are frozen the limit stays as it is, which costs time and nothing else.
    return new Error('site');
  }
  const site = new Error('site');
  errors.stackTraceLimit = limit;
  return site;
}

/**
 * Makes a function that remembers where it is called from, for what a loop does often: remembering takes as long as a few small ops. The first
 * hundred of each tenth of a second are remembered: a mistake in a loop shows in its first rounds.
 */
function siteSampler(): () => Error | undefined {
  let sites = 0;
  let tenth = 0;
  return () => {
    if (sites >= 100) {
      const now = Math.floor(Date.now() / 100);
      if (now === tenth) return undefined;
      tenth = now;
      sites = 0;
    }
    sites++;
    return captureSite();
  };
}

/** Where scopes are opened. */
export const siteOfScope = /* @__PURE__ */ siteSampler();

/** Where `dispose()` is called. */
export const siteOfDispose = /* @__PURE__ */ siteSampler();

/** The first line of an error's stack that lies outside this package: where the user's code called. */
export function describeSite(error: Error | undefined): string {
  if (error === undefined) return '';
  const lines = (error.stack ?? '').split('\n').slice(1);
  const line = lines.find((l) => !isOwnFrame(l)) ?? '';
  const site = line.trim().replace(/^at /, '');
  return site === '' ? '' : `, at ${site}`;
}

function isOwnFrame(line: string): boolean {
  return /[/\\](?:@dl[/\\]autograd|packages[/\\]autograd)[/\\](?:src|dist)[/\\](?!.*\.test\.)/.test(line);
}
