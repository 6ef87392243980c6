// A backend that nobody holds any more gives its drawing context back to the page.

import { collectedTests } from '../test/collected.js';

collectedTests({}, (gl) => gl.isContextLost());
