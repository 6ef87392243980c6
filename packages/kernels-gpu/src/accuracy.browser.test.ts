// Accuracy on WebGL 2.

import { describe } from 'vitest';
import { accuracyTest, drawn } from '../test/accuracy.js';
import { gpu } from './index.js';

describe('webgl2', () => accuracyTest(gpu(), drawn));
