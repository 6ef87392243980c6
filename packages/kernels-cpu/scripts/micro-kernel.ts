// Writes the innermost loop of the matrix product as unrolled text: no compiler reorders or spills what is spelt out.

/** A tile of `rows` × `vectors` · 4 sums that stay in registers. */
function microKernel(rows: number, vectors: number): string {
  const each = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('');
  const sum = (i: number, j: number): string => `r${i}${j}`;
  const store = (value: (i: number, j: number) => string): string =>
    each(
      rows,
      (i) =>
        each(vectors, (j) => `    v128.store(to, ${value(i, j)}, ${16 * j});\n`) +
        (i < rows - 1 ? '    to += cRow;\n' : ''),
    );
  return `
export function micro${rows}x${4 * vectors}(depth: i32, a: usize, b: usize, c: usize, cRow: usize, start: usize, add: bool): void {
${each(rows, (i) =>
  each(vectors, (j) =>
    j === 0 ? `  let ${sum(i, 0)} = v128.load32_splat(start, ${4 * i});\n` : `  let ${sum(i, j)} = ${sum(i, 0)};\n`,
  ),
)}  for (const end = b + <usize>depth * ${16 * vectors}; b < end; a += ${4 * rows}, b += ${16 * vectors}) {
${each(vectors, (j) => `    const b${j} = v128.load(b, ${16 * j});\n`)}${each(
  rows,
  (i) =>
    `    const a${i} = v128.load32_splat(a, ${4 * i});\n` +
    each(vectors, (j) => `    ${sum(i, j)} = madd(a${i}, b${j}, ${sum(i, j)});\n`),
)}  }
  let to = c;
  if (add) {
${store((i, j) => `f32x4.add(v128.load(to, ${16 * j}), ${sum(i, j)})`)}  } else {
${store((i, j) => sum(i, j))}  }
}
`;
}

/** The tiles of both builds: fused multiply-add keeps more sums busy. Five rows are for what six do not divide. */
export function microKernels(): string {
  return `// Written by scripts/micro-kernel.ts: tiles of the matrix product. a and b are packed, sums start from \`start\` (one for each row).

import { madd } from './simd';
${microKernel(6, 2)}${microKernel(5, 2)}${microKernel(4, 2)}`;
}
