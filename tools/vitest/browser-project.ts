// The tests that run in a real browser, with WebGL and WebGPU drawn in software so that every machine gives the same.

import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineProject } from 'vitest/config';
import { TIME_LIMIT } from './limits.js';
import { oxc, sourceCondition } from './source.js';

/** For a Chromium that draws in software, and asks nobody anything. */
export const browserArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  // Tests of what is collected ask for it.
  '--js-flags=--expose-gc',
];

/** With these a page may share memory with its workers, see https://web.dev/articles/coop-coep. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * @param executablePath of the Chromium to use
 * @param isIsolated For the tests called `*.isolated.browser.test.ts`, which need a cross-origin isolated page; the others
 * have none.
 */
export const browserProject = (executablePath: string, isIsolated: boolean) =>
  defineProject({
    oxc,
    resolve: { conditions: [sourceCondition, ...defaultClientConditions] },
    // CommonJS, which a page cannot load as it is. Named, so that it is not found half-way through a test.
    optimizeDeps: { include: ['@dl/kernels-gpu > gpu.js'] },
    server: { headers: isIsolated ? isolation : {} },
    test: {
      name: isIsolated ? 'browser-isolated' : 'browser',
      include: isIsolated
        ? ['packages/*/src/**/*.isolated.browser.test.ts']
        : ['packages/*/src/**/!(*.isolated).browser.test.ts', 'tools/**/*.browser.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout: TIME_LIMIT,
      hookTimeout: TIME_LIMIT,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: browserArguments, timeout: TIME_LIMIT } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  });
