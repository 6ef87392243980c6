// Finds the Chromium that is installed; nothing is ever downloaded.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The program file named by DL_CHROMIUM, else the first one on PATH. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.DL_CHROMIUM) {
    if (!isProgram(env.DL_CHROMIUM)) {
      throw new Error(
        `DL_CHROMIUM is "${env.DL_CHROMIUM}", which is no program file: set it to that of a Chromium, or unset it.`,
      );
    }
    return env.DL_CHROMIUM;
  }
  const folders = (env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
