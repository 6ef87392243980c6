// `turbo gen`: asks for what the command line leaves open. What is written, and what is refused, is in tools/generators.

import { spawnSync } from 'node:child_process';
import type { PlopTypes } from '@turbo/gen';

const kinds: readonly (readonly [name: string, description: string, questions: Readonly<Record<string, string>>])[] = [
  [
    'kernel',
    'A kernel of the CPU backend for an op that exists',
    { op: 'The op, such as mish:', formula: 'y as an expression of x, such as x * Math.tanh(x):' },
  ],
  ['op', 'An op with its gradient and samples', { name: 'Its name, such as scaledTanh:' }],
  [
    'layer',
    'A layer and its test',
    { name: 'Its name, such as ScaledTanh:', family: 'The folder of its family, such as norm:' },
  ],
  ['backend', 'A backend in a package of its own', { name: 'Its name, such as webnn:' }],
];

export default function generators(plop: PlopTypes.NodePlopAPI): void {
  for (const [kind, description, questions] of kinds) {
    plop.setGenerator(kind, {
      description,
      prompts: Object.entries(questions).map(([name, message]) => ({ type: 'input', name, message })),
      actions: [
        (answers) => {
          const given = Object.keys(questions).map((name) => String((answers as Record<string, unknown>)[name]));
          const args = ['--conditions=@dl/source', '--import', 'tsx', 'tools/generators/main.ts', kind, ...given];
          const { status, stdout, stderr } = spawnSync(process.execPath, args, {
            cwd: plop.getDestBasePath(),
            encoding: 'utf8',
          });
          if (status !== 0) throw new Error(stderr.trim());
          return stdout.trim();
        },
      ],
    });
  }
}
