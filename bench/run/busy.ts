// Measuring while another program wants a processor.

interface ChildProcess {
  kill(): void;
}
interface Spawner {
  spawn(file: string, args: readonly string[]): ChildProcess;
}

/** Runs `body` beside a process that never rests, which is ended afterwards. In Node only. */
export async function besideBusyProcess<T>(body: () => Promise<T>): Promise<T> {
  const { process } = globalThis as unknown as {
    process: { execPath: string; getBuiltinModule(id: string): Spawner };
  };
  const busy = process.getBuiltinModule('node:child_process').spawn(process.execPath, ['-e', 'for (;;);']);
  try {
    return await body();
  } finally {
    busy.kill();
  }
}
