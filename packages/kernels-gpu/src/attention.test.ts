// Attention and models of it on headless OpenGL, in Node, by decomposition.

import { describe } from 'vitest';
import { agreementTests } from '../../attention/test/agreement.js';
import { headless } from '../test/headless.js';

const { backend, missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => agreementTests(backend));
