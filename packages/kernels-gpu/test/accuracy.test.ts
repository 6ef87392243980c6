// Accuracy on headless OpenGL.

import { describe } from 'vitest';
import { accuracyTest } from './accuracy.js';
import { digits } from './digits.js';
import { headless } from './headless.js';

const { backend, missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => accuracyTest(backend, digits));
