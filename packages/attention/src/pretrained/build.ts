// From a config and the shapes of tensors to a model, and what fills it: shared by what has all values at hand and what reads them one after the other.

import {
  type Backend,
  currentBackend,
  noGrad,
  printable,
  scope,
  shown,
  type Tensor,
  type TypedArray,
  tensor,
  withBackend,
} from '@dl/autograd';
import { overwritten } from '../core/made.js';
import type { BERT } from '../models/bert.js';
import type { GPT } from '../models/gpt.js';
import { bertPlan } from './bert.js';
import { type PretrainedConfig, quoted, refused } from './config.js';
import { gpt2Plan } from './gpt2.js';
import { llamaPlan } from './llama.js';
import { assembled, checkPlan, type Entry, type MakeOptions, type Plan, type Shapes, type Twin } from './plan.js';

/** What was loaded, and from where. */
export interface PretrainedReport {
  /** Each parameter of the model, with the names of the tensors that its rows came from. */
  readonly loaded: Readonly<Record<string, readonly string[]>>;
  /** Tensors that say once more what others say, such as a tied map to the logits, and were found to. */
  readonly tied: readonly string[];
  /** Tensors that are no weights, such as masks and numbers of positions. */
  readonly ignored: readonly string[];
}

/** A model of others. */
export type Pretrained =
  | { readonly architecture: 'gpt2' | 'llama' | 'mistral'; readonly model: GPT; readonly report: PretrainedReport }
  | { readonly architecture: 'bert'; readonly model: BERT; readonly report: PretrainedReport };

const architectures = { gpt2: gpt2Plan, bert: bertPlan, llama: llamaPlan, mistral: llamaPlan } as const;

/** A model that is being loaded. */
export interface Building {
  /** What is to be filled, with which tensors. */
  readonly entries: readonly Entry[];
  /** Tensors that are to say what others say. */
  readonly twins: readonly Twin[];
  /** Fills a parameter with the values of its tensors. */
  fill(entry: Entry, values: readonly TypedArray[]): void;
  /** The model, once it is filled. */
  done(): Pretrained;
  /** Frees what was made. */
  dispose(): void;
}

/** An untrained model of what a config and the shapes of tensors describe, once all is known to fit. */
export function building(
  config: PretrainedConfig,
  shapes: Shapes,
  { backend = currentBackend(), ...options }: MakeOptions & { readonly backend?: Backend },
): Building {
  const { architecture, plan } = planOf(config, shapes);
  const model = withBackend(backend, () => overwritten(() => plan.make(options)));
  const parameters = new Map<string, Tensor>(model.namedParameters());
  const { entries } = plan;
  const twins = plan.twins.filter(({ name }) => shapes.has(name));
  return {
    entries,
    twins,
    fill(entry, values) {
      values.forEach((data, i) => needFloats(entry.from[i]!.name, data));
      scope(() =>
        noGrad(() => {
          const { shape, dtype, backend } = parameters.get(entry.to)!;
          parameters.get(entry.to)!.assign(tensor({ data: assembled(entry, values), shape }, { dtype, backend }));
        }),
      );
    },
    done() {
      const report: PretrainedReport = {
        loaded: Object.fromEntries(entries.map(({ to, from }) => [to, from.map(({ name }) => name)])),
        tied: twins.map(({ name }) => name),
        ignored: [...shapes.keys()].filter((name) => plan.isIdle(name)),
      };
      return { architecture, model: model.eval(), report } as Pretrained;
    },
    dispose: () => model.dispose(),
  };
}

function planOf(config: PretrainedConfig, shapes: Shapes): { readonly architecture: string; readonly plan: Plan } {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw refused(`config is ${shown(config)}, needs the object that config.json has`);
  }
  const { model_type: type } = config;
  if (typeof type !== 'string' || !Object.hasOwn(architectures, type)) {
    throw refused(`model_type of the config is ${quoted(type)}, needs one of ${Object.keys(architectures).join(', ')}`);
  }
  const plan: Plan = architectures[type as keyof typeof architectures](config, shapes);
  checkPlan(plan, shapes);
  return { architecture: type, plan };
}

/** Throws unless a tensor says what the one says that it is tied to. */
export function checkTwin({ name, of }: Twin, own: TypedArray, other: TypedArray): void {
  const index = Array.prototype.findIndex.call(own, (value: number, i: number) => value !== other[i]);
  if (index >= 0) {
    throw refused(
      `${printable(name)} is tied to ${printable(of)} in models here, but has ${own[index]} instead of ${other[index]} at index ${index}`,
    );
  }
}

function needFloats(name: string, data: TypedArray): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw refused(`${printable(name)} is of whole numbers, needs floats`);
  }
}
