// In Node tasks are told apart, by AsyncLocalStorage.

import { overlapTests } from '../../test/overlap.js';

overlapTests('as the platform can', true);
