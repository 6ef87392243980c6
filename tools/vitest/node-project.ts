// The tests that run in Node.

import { defaultServerConditions } from 'vite';
import { defineProject } from 'vitest/config';
import { TIME_LIMIT } from './limits.js';
import { oxc, sourceCondition } from './source.js';

const conditions = [sourceCondition, ...defaultServerConditions];

export const nodeProject = defineProject({
  oxc,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'node',
    include: ['packages/*/{src,test}/**/*.test.ts', 'examples/**/*.test.ts', 'tools/**/*.test.ts', 'bench/*.test.ts'],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    execArgv: ['--expose-gc'],
    testTimeout: TIME_LIMIT,
    hookTimeout: TIME_LIMIT,
  },
});
