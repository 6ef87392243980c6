// Attention and models of it on TensorFlow.js, by decomposition.

import { describe } from 'vitest';
import { agreementTests } from '../../attention/test/agreement.js';
import { names } from '../test/backends.js';
import { tfjs } from './index.js';

describe.each(names)('%s', (name) => agreementTests(tfjs({ backend: name })));
