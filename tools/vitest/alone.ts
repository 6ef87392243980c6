// The test files that have a process of their own.

/**
 * All others follow one another in a process that imports the packages once. Alone are those that start threads, contexts and other programs, that change what the process has in common, such as
 * the folder that it works in, and those that measure the memory of all of it.
 */
export const alone = [
  'packages/kernels-*/**/*.test.ts',
  'packages/autograd/src/memory/kept-memory.test.ts',
  'packages/autograd/src/memory/memory-loops.test.ts',
  'packages/train/src/events/event-run.test.ts',
  'packages/train/src/loop/leak.test.ts',
  'examples/**/*.test.ts',
  'tools/**/*.test.ts',
  'bench/*.test.ts',
];
