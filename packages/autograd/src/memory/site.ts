// Where in the user's code something happened, for errors that come later.

/** Remembers where it is called from. Six frames are enough to get out of this package where users call directly, and cheap. */
export function captureSite(frames = 6): Error {
  const errors: ErrorConstructor & { stackTraceLimit?: number } = Error;
  const limit = errors.stackTraceLimit;
  if (limit === undefined) return new Error('site'); // only V8 has the setting
  // Where intrinsics are frozen the limit stays as it is, which costs time and nothing else; an assignment would throw.
  Reflect.set(errors, 'stackTraceLimit', frames);
  const site = new Error('site');
  Reflect.set(errors, 'stackTraceLimit', limit);
  return site;
}

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
