// Attention and models of it on WebGL 2, in a browser, by decomposition.

import { agreementTests } from '../../attention/test/agreement.js';
import { gpu } from './index.js';

agreementTests(gpu());
