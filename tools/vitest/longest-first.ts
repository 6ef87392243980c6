// The order of test files: the longest first, so that none of them is left for the end, when the other workers have nothing to do.

import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { root } from '../lib/packages.js';
import { longest } from './longest.js';

/** Those of the list in its order, then the others as Vitest has them, by how long they took, where it remembers that; then the same of those that share a process. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const places = new Map(longest.map((file, place) => [join(root, file), place]));
    // Those that share a process come last and together: only where the next file is one of them does a process go on.
    const place = ({ moduleId, project }: TestSpecification): number =>
      (project.config.isolate ? 0 : longest.length + 1) + (places.get(join(moduleId)) ?? longest.length);
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
