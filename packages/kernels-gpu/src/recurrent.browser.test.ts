// Recurrent networks on WebGL 2, in a browser, by decomposition.

import { agreementTests } from '../../rnn/test/agreement.js';
import { gpu } from './index.js';

agreementTests(gpu());
