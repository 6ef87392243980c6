// Runs test files against a source file that is replaced by another text: one vitest for all mutants, nothing is written.

import { createVitest } from 'vitest/node';
import { nodeProject } from '../vitest/node-project.js';

export interface Task {
  /** The source file, in full. */
  readonly file: string;
  readonly text: string;
  /** The test files, in full, in the order in which they run; the first that fails ends it. */
  readonly tests: readonly string[];
}

export interface Outcome {
  /** The first test that failed. */
  readonly killedBy?: string;
  /** No outcome yet: the next test file. */
  readonly started?: string;
  /** Why nothing can be said. */
  readonly broken?: string;
}

let task: Task | undefined;

const { test, ...settings } = nodeProject;
const vitest = await createVitest(
  'test',
  { ...test, config: false, watch: false, maxWorkers: 1, bail: 1, silent: true, reporters: [{}], cache: false },
  {
    ...settings,
    logLevel: 'silent',
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        load: (id) => (id === task?.file ? task.text : undefined),
      },
    ],
  },
);

/** Test files that pass without a mutant. */
const green = new Set<string>();

/** What fails in a test file; undefined when nothing does. */
async function failure(path: string, next: Task | undefined): Promise<string | undefined> {
  for (const file of [task?.file, next?.file]) if (file !== undefined) vitest.invalidateFile(file);
  task = next;
  const specification = vitest.getRootProject().createSpecification(path);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
  const module = testModules.find(({ moduleId }) => moduleId === path);
  if (module?.state() === 'passed' && unhandledErrors.length === 0) return undefined;
  const [failed] = module?.children.allTests('failed') ?? [];
  const [error] = [...(module?.errors() ?? []), ...unhandledErrors] as { message?: string }[];
  return `${path}: ${failed?.fullName ?? error?.message ?? 'no test ran'}`;
}

async function run(next: Task): Promise<Outcome> {
  for (const path of next.tests) {
    process.send!({ started: path });
    if (!green.has(path)) {
      const wrong = await failure(path, undefined);
      if (wrong !== undefined) throw new Error(`it fails without a mutant: ${wrong}`);
      green.add(path);
    }
    const killedBy = await failure(path, next);
    if (killedBy !== undefined) return { killedBy };
  }
  return {};
}

process.on('message', (next: Task) => {
  run(next).then(
    (outcome) => process.send!(outcome),
    (error) => process.send!({ broken: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
