// The test files that take longest.

/** What takes over ten seconds on a quiet machine, the longest first. */
export const longest = [
  'tools/generators/generators.test.ts',
  'packages/kernels-tfjs/src/conformance.browser.test.ts',
  'packages/kernels-gpu/src/special-values.browser.test.ts',
  'packages/kernels-gpu/src/conformance.browser.test.ts',
  'packages/kernels-gpu/src/readable/conformance.browser.test.ts',
  'packages/kernels-gpu/src/accuracy.browser.test.ts',
  'packages/kernels-gpu/src/conformance.test.ts',
  'packages/kernels-gpu/src/special-values.test.ts',
  'packages/kernels-tfjs/src/conformance.test.ts',
  'packages/kernels-cpu/src/special-values.test.ts',
  'packages/kernels-cpu/src/conformance.test.ts',
  'tools/doc-snippets/doc-snippets.test.ts',
  'examples/custom-backend/src/conformance.test.ts',
  'examples/tabular/src/main.test.ts',
  'examples/dates/src/main.test.ts',
  'examples/lenet/src/main.test.ts',
  'packages/kernels-tfjs/test/accuracy.test.ts',
  'packages/kernels-gpu/test/accuracy.test.ts',
  'packages/kernels-cpu/test/build-wasm.test.ts',
  'packages/train/src/loop/leak.test.ts',
  'examples/regularisation/src/main.test.ts',
  'examples/vanishing-gradient/src/main.test.ts',
  'packages/train/src/state/exactness.test.ts',
  'packages/kernels-cpu/test/lenet-memory.test.ts',
];
