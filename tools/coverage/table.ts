// The coverage table of docs/coverage.md, from what the registry says.

import { type Backend, type CoverageRow, coverage, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { gpu } from '@dl/kernels-gpu';
import { tfjs } from '@dl/kernels-tfjs';
import { type Left, leftToTypescript, reasons } from '../../packages/kernels-cpu/test/left-to-typescript.js';
import { names } from '../../packages/kernels-tfjs/test/backends.js';

/**
 * The backends of this repository; the GPU need not be able to run here. TensorFlow.js is started, because what its backends have is
 * found out then. The CPU is the fallback of the others.
 */
export async function allBackends(): Promise<readonly Backend[]> {
  const main = cpu({ engine: 'typescript' });
  const others = [gpu({ engine: 'webgl2' }), ...names.map((backend) => tfjs({ backend }))];
  for (const other of others) {
    if (other.name === 'tfjs') await other.start();
  }
  await useBackend(main);
  return [main, ...others];
}

const forwardWords: Record<CoverageRow['forward'], string> = {
  kernel: 'kernel',
  composed: 'composed of other ops',
  fallback: 'falls back',
  missing: '**missing**',
};
const gradientWords: Record<CoverageRow['gradient'], string> = {
  formula: 'formula',
  composed: 'through its composition',
  nondifferentiable: '–',
};

/** What the WebAssembly engine of the CPU leaves to the TypeScript one. */
export function leftOnTheCpu(): Promise<readonly Left[]> {
  return leftToTypescript(cpu({ engine: 'wasm', threads: 1 }));
}

export function coverageTable(backends: readonly Backend[], left: readonly Left[]): string {
  const shares = new Map(left.map((each) => [each.op, each]));
  const leftWords = (op: string): string => {
    const share = shares.get(op);
    if (share === undefined) return '–';
    return share.left === 0 ? '0' : `${share.left} of ${share.of}: ${reasons[op]}`;
  };
  const rows = coverage({ backends });
  // The version of TensorFlow.js is nobody's concern here.
  const names = backends.map(({ name, engine }) => `${name} (${engine.replace(/^tfjs (\w+) .*/, '$1')})`);
  const ops = [...new Set(rows.map(({ op }) => op))];
  const lines = ops.map((op) => {
    const own = rows.filter((row) => row.op === op);
    return `| ${op} | ${gradientWords[own[0]!.gradient]} | ${own.map(({ forward }) => forwardWords[forward]).join(' | ')} | ${leftWords(op)} |`;
  });
  return [
    '# Coverage',
    '',
    'Which op runs how on which backend, and where its gradient comes from. Written by `tools/coverage/write.ts`; a test holds it to the code.',
    'A gradient is written in ops, so it runs wherever those run. Functions made of ops, such as `std`, `einsum` or `split`, run everywhere.',
    'The last column says how many of the float32 samples of an op the WebAssembly kernels of the CPU leave to those in TypeScript, and which.',
    '',
    `| op | gradient | ${names.join(' | ')} | left by cpu (wasm) |`,
    `| --- | --- | ${names.map(() => '---').join(' | ')} | --- |`,
    ...lines,
    '',
  ].join('\n');
}
