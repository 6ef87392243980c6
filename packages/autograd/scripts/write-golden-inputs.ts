// Prints the cases for golden/make-golden.py as JSON: see golden/README.md.

import { opCases, publicCases, toJson } from '../test/golden-cases.js';
import { edgeCases, placedCases } from '../test/special-cases.js';

console.log(toJson({ ops: opCases(), functions: publicCases(), edges: edgeCases, special: placedCases() }));
