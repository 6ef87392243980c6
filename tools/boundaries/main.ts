// `npm run lint` runs this after Biome: it prints every import that breaks the layering, every circle of imports, and every kernel in a file of another name than
// its op's, and fails if there is one.

import { workspacePackages } from '../lib/packages.js';
import { checkPackage } from './check.js';
import { checkKernelFiles } from './kernel-files.js';

const problems = [...workspacePackages().flatMap(checkPackage), ...checkKernelFiles()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} broken boundaries; tools/boundaries/layers.ts says who may know whom.`);
  process.exitCode = 1;
} else {
  console.log('Package boundaries hold.');
}
