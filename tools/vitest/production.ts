// Production bundles, as applications are built, and the pages that they make.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright';
import { build, defaultClientConditions } from 'vite';
import { browserArguments, isolation } from './browser-project.js';
import { findChromium } from './chromium.js';
import { oxc, sourceCondition } from './source.js';

/** The files of a bundle by Vite, minified, by name; the one to load is `page.js`. */
export async function bundleByVite(input: string): Promise<ReadonlyMap<string, string>> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    oxc,
    resolve: { conditions: [sourceCondition, ...defaultClientConditions] },
    build: {
      write: false,
      minify: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input, output: { entryFileNames: 'page.js' } },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) => ('output' in one ? one.output : []));
  return new Map(outputs.map((file) => [file.fileName, 'code' in file ? file.code : '']));
}

export interface Page {
  /** What the page's variable `answer` becomes. */
  readonly answer: unknown;
  /** The files that were asked for, in order. */
  readonly loaded: readonly string[];
}

export interface PageOptions {
  /** The content security policy that all files come with. */
  readonly policy?: string;
  /** Whether the page is isolated from other origins, and so may share memory with workers. Default false. */
  readonly isIsolated?: boolean;
  /** Default: one that loads `/page.js`. */
  readonly html?: string;
}

let browser: Promise<Browser> | undefined;

/** Ends the Chromium of {@link openPage}: for `afterAll`. */
export async function closePages(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

/** Opens a page whose files `read` gives, and waits for its answer: in one Chromium for all, with nothing of the pages before. */
export async function openPage(
  read: (name: string) => string | undefined | Promise<string | undefined>,
  { policy, isIsolated = false, html = '<!doctype html><script type="module" src="/page.js"></script>' }: PageOptions,
): Promise<Page> {
  const loaded: string[] = [];
  const server = createServer(async (request, response) => {
    const name = request.url!.slice(1);
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy);
    for (const [header, value] of Object.entries(isIsolated ? isolation : {})) response.setHeader(header, value);
    response.setHeader('Content-Type', name === '' ? 'text/html' : 'text/javascript');
    const text = name === '' ? html : await read(name);
    if (name !== '' && text !== undefined) loaded.push(name);
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser ??= chromium.launch({ executablePath: findChromium()!, args: browserArguments, timeout: 0 });
  const context = await (await browser).newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeout: 0 });
    return { answer: await page.evaluate('answer'), loaded };
  } finally {
    await context.close();
    server.close();
  }
}
