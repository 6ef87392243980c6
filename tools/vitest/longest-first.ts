// The order of test files: the longest first, so that none of them is left for the end, when the other workers have nothing to do.

import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { root } from '../lib/packages.js';
import { longest } from './longest.js';

/** Those of the list in its order, then the others as Vitest has them: by how long they took, where it remembers that. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const places = new Map(longest.map((file, place) => [join(root, file), place]));
    const place = ({ moduleId }: TestSpecification): number => places.get(join(moduleId)) ?? longest.length;
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
