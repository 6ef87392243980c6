// What is true of every module, tried on those of this folder. A new one gets a line in a table of ../../../test.

import { everyModuleTests } from '../../../../layers/test/every-module.js';
import { contextualCases } from '../../../test/contextual-cases.js';
import {
  BidirectionalModel,
  CharacterEmbedding,
  ELMo,
  LayerMix,
  SequenceClassifier,
  TokenClassifier,
} from '../../neural.js';

everyModuleTests(
  { BidirectionalModel, CharacterEmbedding, ELMo, LayerMix, SequenceClassifier, TokenClassifier },
  contextualCases,
);
