// The edges of blocks on headless OpenGL.

import { describe } from 'vitest';
import { blockTests } from './block-tests.js';
import { headless } from './headless.js';

const { backend, missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => blockTests(backend));
