// What is true of a dtype stands in one table. Elsewhere a property is asked for: a comparison with a name forgets the next dtype.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, isTest, root } from '../lib/packages.js';

/** Places where one dtype alone is meant, with the reason. A folder ends with a slash. */
const MEANT: Readonly<Record<string, string>> = {
  'packages/autograd/src/tensor/dtype.ts': 'the table',
  'packages/autograd/src/tensor/half.ts': 'the bits of each of the two halves',
  'packages/kernels-cpu/src/wasm/': 'a loop is compiled for one dtype, and leaves the others to TypeScript',
  'packages/kernels-tfjs/src/kernels/': 'dtypes of TensorFlow.js itself, by its names',
  'packages/kernels-tfjs/src/convert.ts': 'a tensor of TensorFlow.js, by its names',
  'packages/testing/src/': 'samples are written in float32, and compared with what float64 gives',
};

const NAMES = 'float32|float64|int32|bool|float16|bfloat16';
const COMPARED = new RegExp(`[!=]==?\\s*'(${NAMES})'|'(${NAMES})'\\s*[!=]==?|case '(${NAMES})':`);

const files = filesBelow(join(root, 'packages'), 'packages/')
  .filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !isTest(path))
  .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n') }));
const isAt = (path: string, place: string): boolean => (place.endsWith('/') ? path.startsWith(place) : path === place);

test('no dtype is compared with a name', () => {
  const found = files
    .filter(({ path }) => !Object.keys(MEANT).some((place) => isAt(path, place)))
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, i) => (COMPARED.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    );
  expect(found, 'ask isFloat, isInteger, isBoolean, isHalf or dtypeInfo of @dl/autograd').toEqual([]);
});

test('each place that is named has such a comparison', () => {
  const idle = Object.keys(MEANT).filter(
    (place) => !files.some(({ path, lines }) => isAt(path, place) && lines.some((line) => COMPARED.test(line))),
  );
  expect(idle).toEqual([]);
});
