// fromPretrained: models whose weights others have trained, from a config and tensors by name.

import {
  type Backend,
  checkCall,
  type Known,
  printable,
  type Shape,
  shown,
  sizeOf,
  type TypedArray,
} from '@dl/autograd';
import { building, checkTwin, type Pretrained } from './build.js';
import { type PretrainedConfig, refused } from './config.js';

/** Weights of others as plain values. */
export interface PretrainedSource {
  /** What config.json says. */
  readonly config: PretrainedConfig;
  /** All tensors by name, as `fromSafetensors` of @dl/checkpoint gives them. */
  readonly tensors: Readonly<Record<string, { readonly data: TypedArray; readonly shape: Shape }>>;
}

/** Options of {@link fromPretrained}. */
export interface PretrainedOptions {
  /** The probability of dropout in training. Default: what the config says of the layers. */
  readonly dropout?: number;
  /** Of all parameters. Default `float32`, also for weights in half precision. */
  readonly dtype?: 'float32' | 'float64';
  /** The token that begins the sequences of a GPT, which a BERT has none of. Default: what the config says. */
  readonly begin?: number;
  /** Where the model lives. Default: the backend in use. */
  readonly backend?: Backend;
}

export const pretrainedOptions: Known<PretrainedOptions> = {
  dropout: 'number',
  dtype: ['float32', 'float64'],
  begin: 'number',
  backend: 'backend',
};

/**
 * The model that a config and tensors in Hugging Face's layout describe, in evaluation mode: GPT-2 and the shape of Llama (RMSNorm, SwiGLU, rotary positions in
 * halves, grouped queries; Mistral has it too) become a {@link GPT}, BERT a {@link BERT} with those heads that there are weights for. Transposed maps, maps in
 * parts and tied maps are brought to ours; the report has each parameter of ours with the names that it came from. `loadPretrained` of
 * `@dl/attention/node` reads a folder.
 *
 * All is checked before anything is made: an architecture, activation or kind of positions that models here do not have is refused, and so are tensors
 * that are missing, too many, or of another shape than the config says.
 *
 * @throws ArgumentError, in one sentence that names what came.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { fromPretrained } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const config = { model_type: 'gpt2', vocab_size: 3, n_positions: 4, n_embd: 2, n_head: 1, n_layer: 1 };
 * const shapes = {
 *   'wte.weight': [3, 2], 'wpe.weight': [4, 2], 'ln_f.weight': [2], 'ln_f.bias': [2],
 *   'h.0.ln_1.weight': [2], 'h.0.ln_1.bias': [2], 'h.0.attn.c_attn.weight': [2, 6], 'h.0.attn.c_attn.bias': [6],
 *   'h.0.attn.c_proj.weight': [2, 2], 'h.0.attn.c_proj.bias': [2], 'h.0.ln_2.weight': [2], 'h.0.ln_2.bias': [2],
 *   'h.0.mlp.c_fc.weight': [2, 8], 'h.0.mlp.c_fc.bias': [8], 'h.0.mlp.c_proj.weight': [8, 2], 'h.0.mlp.c_proj.bias': [2],
 * };
 * const ones = (shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape });
 * const tensors = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, ones(shape)]));
 * const { model, report } = fromPretrained({ config, tensors });
 * console.log(model.forward(tensor([[0, 1]], { dtype: 'int32' })).shape); // [1, 2, 3]
 * console.log(report.loaded['decoder.layers.0.linear1.weight']); // ['h.0.mlp.c_fc.weight'], transposed
 * ```
 */
export function fromPretrained(source: PretrainedSource, options: PretrainedOptions = {}): Pretrained {
  checkCall('fromPretrained', arguments, [['source', 'object']], pretrainedOptions);
  const { config, tensors } = source;
  if (typeof tensors !== 'object' || tensors === null) {
    throw refused(`tensors are ${shown(tensors)}, needs { data, shape } by name, as fromSafetensors(bytes) has them`);
  }
  const all = new Map(Object.entries(tensors));
  for (const [name, value] of all) checkValues(name, value);
  const model = building(config, new Map(Array.from(all, ([name, { shape }]) => [name, shape])), options);
  const values = (name: string): TypedArray => all.get(name)!.data;
  try {
    for (const entry of model.entries) {
      model.fill(
        entry,
        entry.from.map(({ name }) => values(name)),
      );
    }
    for (const twin of model.twins) checkTwin(twin, values(twin.name), values(twin.of));
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model.done();
}

function checkValues(name: string, value: unknown): void {
  const { data, shape } = (value ?? {}) as { readonly data?: unknown; readonly shape?: unknown };
  if (!ArrayBuffer.isView(data) || !Array.isArray(shape)) {
    throw refused(`${printable(name)} is ${shown(value)}, needs { data, shape } with a typed array`);
  }
  const size = sizeOf(shape as Shape);
  if ((data as TypedArray).length !== size) {
    throw refused(`${printable(name)} has ${(data as TypedArray).length} values for ${size} places of its shape`);
  }
}
