// `npm run hostile -- [count] [name]`: so many changed files for each reader, 10,000 by default; prints what they cost at most.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readers } from './readers.js';
import { tryOne } from './trial.js';

const [count = '10000', wanted = ''] = process.argv.slice(2);
const total = Number(count);
if (!Number.isSafeInteger(total) || total < 1) {
  console.error(`hostile: ${count} is no number of files, needs a whole number of at least 1, then perhaps a reader`);
  process.exit(1);
}

console.log(
  'reader'.padEnd(26),
  'read'.padStart(7),
  'refused'.padStart(8),
  'most ms'.padStart(9),
  'most MB'.padStart(9),
  ' faults',
);
let faults = 0;
for (const reader of readers.filter(({ name }) => name.includes(wanted))) {
  const top = await mkdtemp(join(tmpdir(), 'dl-hostile-'));
  const folder = join(top, 'class');
  await mkdir(folder);
  // One that refuses all is no proof.
  await reader.read(reader.valid, folder);
  let [read, milliseconds, megabytes] = [0, 0, 0];
  const said: string[] = [];
  // The first tries warm up: compiling is no work of a file's.
  for (let trial = -20; trial < total; trial++) {
    const one = await tryOne(reader, Math.abs(trial), folder);
    if (trial < 0) continue;
    if (one.isRead) read++;
    milliseconds = Math.max(milliseconds, one.milliseconds);
    megabytes = Math.max(megabytes, one.megabytes);
    if (one.fault !== undefined) said.push(`  file ${trial}: ${one.fault}`);
    else if (one.milliseconds > 1000 || one.megabytes > 100)
      said.push(`  file ${trial}: took ${one.milliseconds} ms and ${one.megabytes} MB`);
  }
  await rm(top, { recursive: true });
  faults += said.length;
  const figures = [read, total - read, milliseconds.toFixed(0), megabytes.toFixed(1)].map((figure, k) =>
    String(figure).padStart([7, 8, 9, 9][k]!),
  );
  console.log(reader.name.padEnd(26), ...figures, ` ${said.length}`);
  for (const line of said.slice(0, 3)) console.log(line);
}
console.log(faults === 0 ? 'No fault.' : `${faults} faults.`);
process.exitCode = faults === 0 ? 0 : 1;
