// Waiting for the device without holding the page up.

/** Milliseconds that browsers put between timers that set each other. */
const BETWEEN_TIMERS = 4;

/**
 * Resolves when `isDone` says so. For as long as a timer would take it is asked in one task after the other, by messages: most results
 * are there sooner.
 */
export async function until(isDone: () => boolean): Promise<void> {
  if (isDone()) return;
  const { port1, port2 } = new MessageChannel();
  const nextTask = (): Promise<void> =>
    new Promise((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(undefined);
    });
  const laterTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
  const started = performance.now();
  do await (performance.now() - started < BETWEEN_TIMERS ? nextTask() : laterTask());
  while (!isDone());
  port1.close();
}
