// Writes docs/coverage.md: npx tsx --conditions=@dl/source tools/coverage/write.ts

import { writeFileSync } from 'node:fs';
import { allBackends, coverageTable, leftOnTheCpu } from './table.js';

writeFileSync(
  new URL('../../docs/coverage.md', import.meta.url),
  coverageTable(await allBackends(), await leftOnTheCpu()),
);
