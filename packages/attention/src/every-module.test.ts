// What is true of every module, tried on each that the package exports. A new one gets a line in a table of ../test.

import { everyModuleTests } from '../../layers/test/every-module.js';
import { layerCases, modelCases, positionCases } from '../test/cases.js';
import { imageCases, insideCases } from '../test/place-cases.js';
import { pairCases, scoreCases } from '../test/score-cases.js';
import * as attention from './index.js';

const cases = {
  ...layerCases,
  ...modelCases,
  ...positionCases,
  ...scoreCases,
  ...pairCases,
  ...insideCases,
  ...imageCases,
};

/** What only others are made of. */
const bases = ['AttentionScore'];

everyModuleTests(attention, cases, bases);
