// A browser keeps nothing for a task, unless it has AsyncContext.

import { overlapTests } from '../../test/overlap.js';

overlapTests('as the platform can', 'AsyncContext' in globalThis);
