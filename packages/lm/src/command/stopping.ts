// What ends the command before its time: Ctrl-C, and a reader of its output that has gone.

/** Why it ended, and with which exit code. */
export class Stopped extends Error {
  override readonly name = 'AbortError';
  readonly words: string;
  readonly code: number;

  constructor(code: number, words = '') {
    super('stopped');
    this.code = code;
    this.words = words;
  }
}

/** Of programs that a signal ended, as in a shell. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * A signal that is aborted by Ctrl-C, or when nobody reads on; a second Ctrl-C ends the process. Both are heard when the processor waits for something: between pieces of a file or of text that is written, but
 * while counts become a model only at its end.
 */
export function stopping(): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void =>
    controller.abort(new Stopped(codes[name as keyof typeof codes], 'Stopped.'));
  // `npx @dl/lm sample … | head` has what it wanted.
  const gone = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    controller.abort(new Stopped(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.stdout.on('error', gone);
  return {
    signal: controller.signal,
    done: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
