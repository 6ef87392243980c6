// Node as if it had no AsyncLocalStorage.

import { overlapTests } from '../../test/overlap.js';

overlapTests('not at all', false);
