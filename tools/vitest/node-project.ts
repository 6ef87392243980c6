// The tests that run in Node.

import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineProject } from 'vitest/config';
import { alone } from './alone.js';
import { TIME_LIMIT } from './limits.js';
import { oxc, sourceCondition } from './source.js';

const conditions = [sourceCondition, ...defaultServerConditions];
const never = ['**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'];

const project = (name: string, files: { readonly include: string[]; readonly exclude: string[] }, isolate: boolean) =>
  defineProject({
    oxc,
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      ...files,
      isolate,
      setupFiles: isolate ? [] : [fileURLToPath(new URL('fresh-seed.ts', import.meta.url))],
      pool: 'forks',
      execArgv: ['--expose-gc'],
      testTimeout: TIME_LIMIT,
      hookTimeout: TIME_LIMIT,
    },
  });

/** One file after the other in a process that imports the packages once, which saves most of the time that imports take; and those that need a process of their own. */
export const nodeProjects = [
  project('node', { include: ['packages/*/{src,test}/**/*.test.ts'], exclude: [...never, ...alone] }, false),
  project('node, alone', { include: alone, exclude: never }, true),
] as const;
