// The edges of blocks on WebGL 2.

import { describe } from 'vitest';
import { blockTests } from '../test/block-tests.js';
import { gpu } from './index.js';

describe('webgl2', () => blockTests(gpu()));
