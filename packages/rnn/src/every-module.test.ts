// What is true of every module, tried on each that the package exports. A new one gets a line in a table of ../test.

import { everyModuleTests } from '../../layers/test/every-module.js';
import { cellCases, networkCases, structuredCases } from '../test/cases.js';
import { seriesCases } from '../test/series-cases.js';
import { useCases } from '../test/use-cases.js';
import * as rnn from './index.js';

const cases = { ...networkCases, ...cellCases, ...structuredCases, ...seriesCases, ...useCases };

/** What only others are made of. */
const bases = ['Bridge', 'Cell', 'Stacked'];

everyModuleTests(rnn, cases, bases);
