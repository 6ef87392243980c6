// What networks are saved as, and made of again: a kind, a config in JSON, and weights. Nothing in a state is trusted.

import type { Tensor } from '@dl/autograd';
import type { StateSource, StepModel } from '@dl/layers';

/** A network that can be saved: a model that says of what kind it is, with a config in JSON that makes its like. */
export interface SavableNetwork extends StepModel {
  /** What the table of networks calls it. */
  readonly kind: string;
  /** What the function in that table makes one of: a value of JSON. */
  readonly config: object;
  stateDict(): Readonly<Record<string, Tensor>>;
  loadStateDict(state: StateSource): unknown;
  dispose(): void;
}

/** Makes networks of one kind. */
export interface NetworkKind {
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a config of its own
  (config: any): SavableNetwork;
  /** How many weights a network of this config has at least: files with fewer are refused before anything is made. Default: not known. */
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a config of its own
  readonly leastWeights?: (config: any) => number;
}

/** Kinds of networks by name. */
export type NetworkKinds = Readonly<Record<string, NetworkKind>>;
