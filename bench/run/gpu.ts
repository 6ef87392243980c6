// Measures on the GPU: ours beside TensorFlow.js in one page of a Chromium, each workload in a page of its own. A GPU is taken
// where the browser finds one; else OpenGL is drawn in software, which the results say.

import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { browserArguments } from '../../tools/vitest/browser-project.js';
import { findChromium } from '../../tools/vitest/chromium.js';
import type { DeviceInfo } from '../engines/gpu.js';
import { bundlePeer, bundleProgram } from './bundle.js';
import type { PageGlobals } from './gpu-page.js';
import type { Row } from './measure-workload.js';
import type { TimingOptions } from './timing.js';

/** What a row was measured on. */
export interface OnDevice extends DeviceInfo {
  readonly browser: string;
}

/** Longer turns than on the CPU, because each ends with waiting for the device. */
export const onGpu: TimingOptions = { rounds: 21, turn: 60, warmUp: 600, budget: 5000, rest: 0 };

/** Nothing is served here: requests are answered by {@link Page.route}. */
const ORIGIN = 'http://localhost';

/** With these clocks of pages tick every 5 µs instead of every 100. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const isOfSoftware = (argument: string): boolean => /swiftshader|--use-gl=/.test(argument);
/** Ways to ask for a GPU, in the order in which they are tried. */
const onHardware = ['--use-angle=vulkan', '--use-angle=gl-egl', '--use-angle=default'].map((angle) => [
  ...browserArguments.filter((argument) => !isOfSoftware(argument)),
  ...['--use-gl=angle', angle, '--ignore-gpu-blocklist'],
]);

interface Opened {
  readonly browser: Browser;
  readonly device: OnDevice;
}

/** One who measures until it is closed. */
export interface GpuBench {
  readonly device: OnDevice;
  measure(name: string, timing: TimingOptions): Promise<Row>;
  close(): Promise<void>;
}

export async function openGpuBench(): Promise<GpuBench> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error('gpu: there is no Chromium on the PATH; install one, or set DL_CHROMIUM to its program file');
  }
  const [program, tfjs] = [await bundleProgram('gpu-page'), fileURLToPath(await bundlePeer('tfjsWebgl'))];
  const files = new Map([program, tfjs].map((path) => [`/${basename(path)}`, path]));
  const { browser, device } = await openBrowser(executablePath, files, program);
  return {
    device,
    async measure(name, timing) {
      const page = await openPage(browser, files, program);
      const order = { name, tfjs: `${ORIGIN}/${basename(tfjs)}`, timing };
      const row = await page.evaluate((given) => (globalThis as unknown as PageGlobals).measureInPage(given), order);
      await page.close();
      return row;
    },
    close: () => browser.close(),
  };
}

type Files = ReadonlyMap<string, string>;

async function openBrowser(executablePath: string, files: Files, program: string): Promise<Opened> {
  for (const args of [...onHardware, browserArguments]) {
    const browser = await chromium.launch({ executablePath, args });
    const page = await openPage(browser, files, program);
    const found = await page.evaluate(() => (globalThis as unknown as PageGlobals).describeDevice());
    await page.close();
    const device = found && { ...found, browser: `Chromium ${browser.version()}` };
    if (device !== undefined && (!device.isSoftware || args === browserArguments)) return { browser, device };
    await browser.close();
  }
  throw new Error(`gpu: ${executablePath} has no WebGL 2, on a GPU or in software`);
}

async function openPage(browser: Browser, files: Files, program: string): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`  in the page: ${error.message}`));
  await page.route(`${ORIGIN}/**`, (route) => {
    const path = files.get(new URL(route.request().url()).pathname);
    return path === undefined
      ? route.fulfill({ headers, contentType: 'text/html', body: '<!doctype html><title>Benchmarks</title>' })
      : route.fulfill({ headers, contentType: 'text/javascript', path });
  });
  await page.goto(`${ORIGIN}/`);
  await page.addScriptTag({ type: 'module', url: `/${basename(program)}` });
  return page;
}
