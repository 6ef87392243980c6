// What is true of every module, tried on each that the entry for networks exports. A new one gets a line in ../../test/neural-cases.ts.

import { everyModuleTests } from '../../../layers/test/every-module.js';
import { neuralCases } from '../../test/neural-cases.js';
import * as neural from '../neural.js';

everyModuleTests(neural, neuralCases);
