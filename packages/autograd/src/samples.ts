// @dl/autograd/samples: what every op is tried on. For tests of backends; programs do not import it.

import type { OpSamples } from './dispatch/samples-type.js';
import { activationGradSamples } from './ops/activation-grads.js';
import { activationSamples } from './ops/activations.js';
import { arithmeticSamples } from './ops/arithmetic.js';
import { attentionSamples } from './ops/attention-samples.js';
import { batchNormSamples } from './ops/batch-norm.js';
import { compareSamples } from './ops/compare.js';
import { conv2dSamples } from './ops/conv2d.js';
import { copySamples } from './ops/copy.js';
import { crfSamples } from './ops/crf.js';
import { crossEntropySamples } from './ops/cross-entropy.js';
import { ctcSamples } from './ops/ctc.js';
import { dropoutSamples } from './ops/dropout.js';
import { elementwiseSamples } from './ops/elementwise.js';
import { elmanSamples } from './ops/elman.js';
import { expandSamples } from './ops/expand.js';
import { groupNormSamples } from './ops/group-norm.js';
import { gruSamples } from './ops/gru.js';
import { indexingSamples } from './ops/indexing.js';
import { joinSamples } from './ops/join.js';
import { linearSamples } from './ops/linear.js';
import { lstmSamples } from './ops/lstm.js';
import { matmulSamples } from './ops/matmul.js';
import { optimSamples } from './ops/optim.js';
import { permuteSamples } from './ops/permute.js';
import { pool2dSamples } from './ops/pool2d.js';
import { prodOfOthersSamples } from './ops/prod-of-others.js';
import { reduceSamples } from './ops/reduce.js';
import { reshapeSamples } from './ops/reshape.js';
import { rotarySamples } from './ops/rotary.js';
import { sliceSamples } from './ops/slice.js';
import { softmaxSamples } from './ops/softmax.js';
import { sortSamples } from './ops/sort.js';
import { updateElementsSamples } from './ops/update-elements.js';
import { whereSamples } from './ops/where.js';
import { word2vecSamples } from './ops/word2vec.js';

export {
  casesOfX,
  type OpSamples,
  type RelativeTo,
  type SampleCase,
  type SampleInput,
  samples,
} from './dispatch/samples-type.js';

/** The samples of every op of this package. */
export function allSamples(): readonly OpSamples[] {
  return [
    activationSamples,
    activationGradSamples,
    arithmeticSamples,
    attentionSamples,
    batchNormSamples,
    compareSamples,
    conv2dSamples,
    copySamples,
    crfSamples,
    dropoutSamples,
    elementwiseSamples,
    elmanSamples,
    expandSamples,
    groupNormSamples,
    gruSamples,
    indexingSamples,
    joinSamples,
    linearSamples,
    lstmSamples,
    matmulSamples,
    optimSamples,
    permuteSamples,
    pool2dSamples,
    prodOfOthersSamples,
    reduceSamples,
    reshapeSamples,
    rotarySamples,
    sliceSamples,
    softmaxSamples,
    crossEntropySamples,
    ctcSamples,
    sortSamples,
    updateElementsSamples,
    whereSamples,
    word2vecSamples,
  ].flatMap((family) => family());
}
