// A backend that nobody holds any more gives its drawing context back, on headless OpenGL in Node.

import { describe } from 'vitest';
import { collectedTests } from '../test/collected.js';
import { headless } from '../test/headless.js';

const { missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => {
  collectedTests({ engine: 'headlessgl' }, (gl) => {
    // Headless OpenGL never says that a context is lost; one that was destroyed refuses each call.
    try {
      gl.getError();
      return false;
    } catch (error) {
      return String(error).includes('Invalid GL context');
    }
  });
});
