// What the packages run on, at the oldest. The README has it as a table, which a test compares with this.

/** The versions of TypeScript whose users can compile against the packages; the first is the oldest. */
export const typescripts = ['5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3'] as const;

/** What the code needs of a browser, and the first version of each that has it (by MDN's tables). */
export const browserNeeds = [
  // Private fields, Array.at, Object.hasOwn, causes of errors.
  { what: 'ES2022', chrome: 94, firefox: 93, safari: 16.4 },
  // Array.toSorted, toSpliced and with: the newest of the language that tsconfig.base.json lets the code use.
  { what: 'ES2023', chrome: 110, firefox: 115, safari: 16 },
  // Without it the CPU backend runs, on its TypeScript kernels. Relaxed SIMD is used where it is.
  { what: 'WebAssembly SIMD', chrome: 91, firefox: 89, safari: 16.4 },
  // `gunzip` of @dl/data.
  { what: 'DecompressionStream', chrome: 80, firefox: 113, safari: 16.4 },
  // `gpu()`, and floats as what is drawn.
  { what: 'WebGL 2', chrome: 56, firefox: 51, safari: 15 },
] as const;
