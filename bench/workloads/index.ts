// Every workload, by family: the sections of the table.

import { arithmetic } from './arithmetic.js';
import { attention } from './attention.js';
import { conv2d } from './conv2d.js';
import { decoding } from './decoding.js';
import { dispatch } from './dispatch.js';
import { elementwise } from './elementwise.js';
import { gpts } from './gpt.js';
import { indexing } from './indexing.js';
import { language } from './language.js';
import { large } from './large.js';
import { lenet } from './lenet.js';
import { lines } from './lines.js';
import { lstm } from './lstm.js';
import { make } from './make.js';
import { matmul } from './matmul.js';
import { mlp } from './mlp.js';
import { move } from './move.js';
import { parts } from './parts.js';
import { pool2d } from './pool2d.js';
import { reduce } from './reduce.js';
import { resnet } from './resnet.js';
import { softmax } from './softmax.js';
import { sparse } from './sparse.js';
import { tokens } from './tokens.js';
import { norms, optimisers } from './training.js';
import { transformer } from './transformer.js';
import { wordVectors } from './word-vectors.js';
import type { Workload } from './workload.js';

const overheadBound = (workload: Workload): Workload => ({ ...workload, overheadBound: true });

export const families: Readonly<Record<string, readonly Workload[]>> = {
  networks: [...lenet, ...resnet, ...lstm, ...attention, ...transformer, ...gpts, ...mlp.map(overheadBound)],
  large,
  lines,
  norms,
  optimisers,
  dispatch: dispatch.map(overheadBound),
  elementwise,
  arithmetic,
  reduce,
  softmax,
  matmul,
  conv2d,
  pool2d,
  indexing,
  sparse: sparse.map(overheadBound),
  'word vectors': wordVectors,
  move: [...move, ...parts],
  make,
  language: [...language, ...decoding],
  tokens,
};

export const workloads: readonly Workload[] = Object.values(families).flat();

/** The workloads with this text in their name or family. */
export function matching(filter: string): readonly Workload[] {
  const text = filter.toLowerCase();
  return Object.entries(families).flatMap(([family, members]) =>
    family === text ? members : members.filter(({ name }) => name.toLowerCase().includes(text)),
  );
}
