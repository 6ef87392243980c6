// What is true of every module, tried on each that the entry for networks exports. A new one gets a line in a table of ../../test.

import { everyModuleTests } from '../../../layers/test/every-module.js';
import { contextualCases } from '../../test/contextual-cases.js';
import { neuralCases } from '../../test/neural-cases.js';
import * as neural from '../neural.js';

// Those of word vectors take numbers of words in several tensors; their own tests ask the same of them.
everyModuleTests(neural, { ...neuralCases, ...contextualCases }, ['CBOW', 'GloVe', 'SkipGram']);
