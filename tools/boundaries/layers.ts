// Who may know whom. Arrows point up only, so no package stands in a line above its own. Backends and @dl/testing stand in
// no list: only tests, examples and benchmarks import them.

/** For each package, the packages that its sources may import. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  autograd: [],
  'kernels-cpu': ['autograd'],
  'kernels-gpu': ['autograd'],
  'kernels-tfjs': ['autograd'],
  testing: ['autograd'],
  optim: ['autograd'],
  layers: ['autograd'],
  rnn: ['autograd', 'layers'],
  // @dl/checkpoint for its entry that reads folders.
  attention: ['autograd', 'layers', 'rnn', 'checkpoint'],
  'vision-zoo': ['autograd', 'layers', 'attention'],
  // @dl/checkpoint for models in files. What its entry `neural` needs beyond, and its command, are optional peers: n-grams do without.
  lm: ['autograd', 'layers', 'checkpoint', 'rnn', 'attention', 'optim', 'data', 'train'],
  data: ['autograd'],
  checkpoint: ['autograd', 'layers'],
  train: ['autograd', 'layers', 'optim', 'data', 'checkpoint'],
  viz: ['autograd'],
};

/** For each package, those that its command may import beyond them: optional peers, and only dynamically, so that the package does without. */
export const commandLayers: Readonly<Record<string, readonly string[]>> = {
  // The backend on which its networks run, and what draws its reports.
  lm: ['kernels-cpu', 'viz'],
};

/** Packages that promise to have no run-time dependency but their @dl peers. */
export const withoutDependencies: readonly string[] = [
  'autograd',
  'kernels-cpu',
  'layers',
  'rnn',
  'attention',
  'optim',
  'lm',
];
