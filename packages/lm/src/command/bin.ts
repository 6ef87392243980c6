#!/usr/bin/env node
// `npx @dl/lm`.

import { main } from './main.js';

process.exitCode = await main(process.argv.slice(2));
