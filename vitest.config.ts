// How all tests run: one project in Node, and one in a browser where there is a Chromium.

import { defineConfig } from 'vitest/config';
import { browserProject } from './tools/vitest/browser-project.js';
import { findChromium } from './tools/vitest/chromium.js';
import { TIME_LIMIT } from './tools/vitest/limits.js';
import { LongestFirst } from './tools/vitest/longest-first.js';
import { nodeProject } from './tools/vitest/node-project.js';

const chromium = findChromium();
if (!chromium) {
  console.warn('Browser tests are skipped: no Chromium on PATH. Install one, or set DL_CHROMIUM to its program file.');
}

export default defineConfig({
  test: {
    projects: chromium ? [nodeProject, browserProject(chromium, false), browserProject(chromium, true)] : [nodeProject],
    // What a passing test prints is nobody's news.
    silent: 'passed-only',
    // Made for machines with 2 cores; more do not help a suite of this size much.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    teardownTimeout: TIME_LIMIT,
    browser: { connectTimeout: TIME_LIMIT },
    reporters: ['default'],
  },
});
