// What the figures were taken on.

import { cpus, totalmem } from 'node:os';

export function describeMachine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors[0]?.model.trim() ?? 'unknown CPU'}, ${processors.length} cores, ${memory} GiB, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}
