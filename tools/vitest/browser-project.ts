// The tests that run in a real browser, with WebGL and WebGPU drawn in software so that every machine gives the same.

import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineProject } from 'vitest/config';
import { oxc, sourceCondition } from './source.js';

const args = [
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
];

/** @param executablePath of the Chromium to use */
export const browserProject = (executablePath: string) =>
  defineProject({
    oxc,
    resolve: { conditions: [sourceCondition, ...defaultClientConditions] },
    test: {
      name: 'browser',
      include: ['packages/*/src/**/*.browser.test.ts', 'tools/**/*.browser.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout: 30_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  });
