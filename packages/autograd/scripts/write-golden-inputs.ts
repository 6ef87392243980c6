// Prints the cases for golden/make-golden.py as JSON: see golden/README.md.

import { opCases, publicCases, toJson } from '../test/golden-cases.js';

console.log(toJson({ ops: opCases(), functions: publicCases() }));
