// Where things are.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const nodeModules = join(root, 'node_modules');

/** Where the command was typed: npm runs it in the root, and tells. */
const { INIT_CWD } = process.env;
export const startedIn = INIT_CWD || process.cwd();
