// `npm run lm -- …`: the command of @dl/lm from its sources, for files that are named as from where the user is.

import { main } from '../../packages/lm/src/command/main.js';

const [from, ...args] = process.argv.slice(2);
process.chdir(from!);
process.exitCode = await main(args);
