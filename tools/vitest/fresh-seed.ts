// Before each test file that shares a process: random numbers begin as in a process of its own, so that none depends on which files came before.

import { manualSeed } from '@dl/autograd';

manualSeed(0);
