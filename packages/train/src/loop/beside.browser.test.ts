// In a page, where tasks are not told apart: what fit and evaluate set is put back before another task runs.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll } from 'vitest';
import { besideTests } from '../../test/beside.js';

beforeAll(async () => {
  await useBackend(cpu());
});

besideTests('AsyncContext' in globalThis);
