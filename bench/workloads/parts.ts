// Parts of tensors that lie in one piece, as loops use them: batches of a data set, steps of time, a few numbers to read.

import * as dl from '@dl/autograd';
import { floats, formatShape, type Workload, weights } from './workload.js';

const [EXAMPLES, BATCH, FEATURES, CLASSES] = [4096, 64, 16, 8];
const [STEPS, SEQUENCES, HIDDEN] = [64, 8, 32];
const [NUMBERS, FIRST, COUNT] = [1_000_000, 500_000, 10];

const starts = Array.from({ length: EXAMPLES / BATCH }, (_, i) => i * BATCH);

export const parts: readonly Workload[] = [
  {
    name: `an epoch over batches as slices, ${EXAMPLES / BATCH} of ${formatShape([BATCH, FEATURES])}`,
    inputs: [floats([EXAMPLES, FEATURES]), weights([FEATURES, CLASSES], 0.5)],
    dl: (x, w) => () => starts.map((start) => dl.matmul(x!.slice([[start, start + BATCH]]), w!)),
    tfjs: (tf, x, w) => () => starts.map((start) => tf.matMul(tf.slice(x!, [start, 0], [BATCH, FEATURES]), w!)),
    torch: `lambda x, w: lambda: [x[i:i + ${BATCH}] @ w for i in range(0, ${EXAMPLES}, ${BATCH})]`,
    isNetwork: true,
    overheadBound: true,
  },
  {
    name: `steps of time one after the other, ${formatShape([STEPS, SEQUENCES, HIDDEN])}`,
    inputs: [floats([STEPS, SEQUENCES, HIDDEN])],
    dl: (x) => () => dl.unbind(x!).reduce((state, step) => dl.add(state, step)),
    tfjs: (tf, x) => () => tf.unstack(x!, 0).reduce((state, step) => tf.add(state, step)),
    torch: `
def make(x):
    def run():
        steps = torch.unbind(x)
        state = steps[0]
        for step in steps[1:]:
            state = state + step
        return state
    return run`,
    isNetwork: true,
    overheadBound: true,
  },
  {
    name: `reading ${COUNT} of ${NUMBERS} numbers`,
    inputs: [floats([NUMBERS])],
    dl: (x) => () => {
      const part = x!.slice([[FIRST, FIRST + COUNT]]);
      part.dataSync();
      return part;
    },
    tfjs: (tf, x) => () => {
      const part = tf.slice(x!, [FIRST], [COUNT]);
      part.dataSync();
      return part;
    },
    torch: `
def make(x):
    def run():
        part = x[${FIRST}:${FIRST + COUNT}]
        part.tolist()
        return part
    return run`,
    overheadBound: true,
  },
];
