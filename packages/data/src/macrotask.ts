// Gives the event loop a turn now and then, so that a page stays alive, timers fire and finalisers run
// while a loop awaits nothing but promises that are already settled.

/** Milliseconds that may pass between two turns. */
const budget = 8;

let lastTurn: number | undefined;

/** Resolves in a later macrotask when the last turn is more than 8 ms ago, else at once. */
export async function breathe(): Promise<void> {
  if (lastTurn !== undefined && performance.now() - lastTurn < budget) return;
  await macrotask();
  lastTurn = performance.now();
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate !== undefined) {
      setImmediate(resolve);
    } else if (typeof MessageChannel === 'function') {
      // Not setTimeout: browsers hold nested timers back for 4 ms.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    } else {
      setTimeout(resolve, 0);
    }
  });
}
