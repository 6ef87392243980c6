// Where a model looks: the weights of all its attentions, layer by layer and head by head.

import { ArgumentError, checkCall, isInstance, keep, noGrad, scope, shown, Tensor } from '@dl/autograd';
import { type AnyModule, type HookHandle, inMode, isModule } from '@dl/layers';
import type { AttentionOutput } from '../core/options.js';
import { MultiheadAttention } from '../layers/multihead-attention.js';

/** How much each query looks at each key: a row for each query, with a number for each key. */
export type HeadWeights = readonly ArrayLike<number>[];

/** The weights of one call of one attention, from {@link attentionMaps}. */
export interface AttentionMap {
  /** The name of the attention in the model, as `namedModules()` has it, such as `layers.0.self_attn`; '' for the model itself. */
  readonly module: string;
  /** Which call of it this was, from 0 on. */
  readonly call: number;
  /** `weights[sequence][head][query][key]`. Rows sum to 1, or to 0 for a query that may look at no key. */
  readonly weights: readonly (readonly HeadWeights[])[];
}

/**
 * A module that gives its weights when asked: its `forward` takes options with `returnWeights`, and returns `{ output, weights }`, with
 * [batch, heads, queries, keys] or [batch, queries, keys]. Attention of your own that is such is found by {@link attentionMaps}, too.
 */
export interface GivesWeights extends AnyModule {
  /** Which argument of `forward` the options are, counted from 0. */
  readonly optionsAt: number;
}

/** What was seen of one call. */
interface Seen {
  readonly module: string;
  readonly call: number;
  readonly weights: Tensor;
}

/**
 * Collects the weights of every attention in a model, in the order in which they are computed: all layers, all heads, of self-attention and of attention to a source.
 * `input` is what the model is given; for a model that takes more than one tensor, a function that runs it.
 *
 * The model runs as in evaluation, without dropout and without recording gradients, and is then as it was. The weights are plain numbers, so that no
 * tensor is left behind. `attentionMap` and `attentionGrid` of @dl/viz draw them.
 *
 * @throws ArgumentError when the model has no attention, when the function does not run it, or is asynchronous.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { attentionMaps, TransformerEncoder } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const model = new TransformerEncoder(16, 4, 2, { dimFeedforward: 32 });
 * const x = randn([1, 5, 16]);
 * const maps = await attentionMaps(model, x);
 * console.log(maps.map(({ module }) => module)); // ['layers.0.self_attn', 'layers.1.self_attn']
 * const [layer] = await attentionMaps(model, () => model.forward(x, { causal: true }));
 * console.log(layer!.weights[0]![3]![1]); // how the second word looks at all five, in the last head: two numbers and three zeros
 * ```
 */
export async function attentionMaps(
  model: AnyModule,
  input: Tensor | (() => unknown),
): Promise<readonly AttentionMap[]> {
  checkCall('attentionMaps', arguments, ['model', 'input']);
  if (!isModule(model)) throw new ArgumentError(`attentionMaps: the model is ${shown(model)}, needs a Module`);
  const run = runOf(model, input);
  const attentions = attentionsOf(model);
  if (attentions.size === 0) {
    throw new ArgumentError(
      `attentionMaps: ${model.constructor.name} has no attention; needs a model with a MultiheadAttention, or with a module that gives weights`,
    );
  }
  const seen: Seen[] = [];
  try {
    scope(() => {
      noGrad(() => inMode(model, 'eval', () => whileWatching(attentions, seen, run)));
    });
    if (seen.length === 0) {
      throw new ArgumentError(
        `attentionMaps: the function did not run any attention of ${model.constructor.name}; needs one that calls model.forward(…)`,
      );
    }
    return await Promise.all(
      seen.map(async ({ module, call, weights }) => ({ module, call, weights: await nested(weights) })),
    );
  } finally {
    for (const { weights } of seen) weights.dispose();
  }
}

function runOf(model: AnyModule, input: unknown): () => unknown {
  if (typeof input === 'function') return input as () => unknown;
  if (isInstance(input, Tensor, 'attentionMaps', 'the input')) return () => model.forward(input);
  throw new ArgumentError(
    `attentionMaps: the input is ${shown(input)}, needs a Tensor, or a function that runs the model: attentionMaps(model, () => model.forward(source, target))`,
  );
}

/** The attentions of a model with their names, each once, and where their options stand. */
function attentionsOf(model: AnyModule): Map<AnyModule, { readonly name: string; readonly optionsAt: number }> {
  const found = new Map<AnyModule, { readonly name: string; readonly optionsAt: number }>();
  for (const [name, module] of model.namedModules()) {
    const optionsAt = module instanceof MultiheadAttention ? 3 : (module as Partial<GivesWeights>).optionsAt;
    if (optionsAt !== undefined && !found.has(module)) found.set(module, { name, optionsAt });
  }
  return found;
}

function whileWatching(attentions: ReturnType<typeof attentionsOf>, seen: Seen[], run: () => unknown): void {
  const hooks: HookHandle[] = [];
  try {
    for (const [module, { name, optionsAt }] of attentions) {
      let call = 0;
      hooks.push(
        module.registerForwardPreHook((inputs: readonly unknown[]) => {
          const asking = [...inputs];
          // What is left out in between is undefined.
          while (asking.length < optionsAt) asking.push(undefined);
          asking[optionsAt] = { ...(inputs[optionsAt] as object | undefined), returnWeights: true };
          return asking;
        }),
        module.registerForwardHook((_inputs: readonly unknown[], output: unknown) => {
          const { weights } = output as AttentionOutput;
          // A handle of its own: who made the other one may free it.
          if (weights !== undefined) seen.push({ module: name, call: call++, weights: keep(weights.detach()) });
        }),
      );
    }
    const result = run();
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      throw new ArgumentError(
        'attentionMaps: the function returned a promise, needs one that is done when it returns: read data before the call',
      );
    }
  } finally {
    for (const hook of hooks) hook.remove();
  }
}

/** [batch, heads, queries, keys], or [batch, queries, keys] as of one head, as rows of numbers. */
async function nested(weights: Tensor): Promise<AttentionMap['weights']> {
  const data = (await weights.data()) as Float32Array | Float64Array;
  const [batch, heads, queries, keys] = (weights.rank === 3 ? weights.shape.toSpliced(1, 0, 1) : weights.shape) as [
    number,
    number,
    number,
    number,
  ];
  const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
  return list(batch, (b) =>
    list(heads, (h) =>
      list(queries, (q) => {
        const start = ((b * heads + h) * queries + q) * keys;
        return data.subarray(start, start + keys);
      }),
    ),
  );
}
