// The summary of a model: what each layer gives, costs and sees, found by running it once.

import {
  ArgumentError,
  bytesPerElement,
  type DType,
  internalScope,
  noGrad,
  type Shape,
  sizeOf,
  Tensor,
  zeros,
} from '@dl/autograd';
import type { HookHandle } from './hooks.js';
import type { AnyModule } from './module.js';
import { ownParameters, walk } from './module-tree.js';
import { afterReach, fieldOf, type Reach } from './receptive-field.js';
import { formatSummary } from './summary-table.js';

export interface SummaryOptions {
  /** The dtype of the input; `int32` for a model that takes indices. Default: that of the parameters. */
  readonly dtype?: DType;
}

/** One run of one layer. */
export interface SummaryRow {
  /** The path of the module, as in names of parameters. */
  readonly name: string;
  /** The layer as it prints, without what is below it. */
  readonly layer: string;
  readonly output: Shape;
  /** How many numbers its own parameters have; 0 when they were counted in a row before. */
  readonly parameters: number;
  /** Products that are added up; undefined where the layer does not say. */
  readonly multiplyAdds: number | undefined;
  /** Multiply-adds, and one for each bias that is added: what LeCun et al. (1998) call connections. */
  readonly connections: number | undefined;
  /** Memory of the output; 0 where it is the input's. */
  readonly bytes: number;
  /** Elements of the model's input that one element sees, along each spatial axis. */
  readonly receptiveField: readonly number[] | 'all';
}

export interface Summary {
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  /** Parameters that are not frozen. */
  readonly trainable: number;
  /** The sum over layers that say theirs. */
  readonly multiplyAdds: number;
  /** The memory of all outputs, which training keeps for the backward pass. */
  readonly bytes: number;
  /** Windows that do not fit a whole number of times, a sentence for each. */
  readonly warnings: readonly string[];
  /** The table. */
  toString(): string;
}

/** A layer with a window that slides says so by this method, so that what does not divide is found. */
export interface HasWindow {
  /** For each spatial axis of an input, where its window stops short: a sentence without the layer's name. */
  leftovers(input: Shape): readonly string[];
}

export function summarize(model: AnyModule, inputShape: Shape, { dtype }: SummaryOptions): Summary {
  const first = model.parameters()[0];
  const modes = walk(model).map(([, module]) => [module, module.training] as const);
  const recorder = new Recorder();
  const temporary = internalScope();
  try {
    for (const [name, module] of walk(model)) recorder.watch(name, module);
    const x = zeros(inputShape, {
      dtype: dtype ?? first?.dtype ?? 'float32',
      ...(first && { backend: first.backend }),
    });
    recorder.reaches.set(x, 'point');
    model.eval();
    noGrad(() => (model as unknown as { forward(x: Tensor): unknown }).forward(x));
  } finally {
    recorder.end();
    for (const [module, training] of modes) module.training = training;
    temporary.end();
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const parameters = model.parameters();
  const summary = {
    rows: recorder.rows,
    parameters: sum(parameters.map(({ size }) => size)),
    trainable: sum(parameters.filter(({ requiresGrad }) => requiresGrad).map(({ size }) => size)),
    multiplyAdds: sum(recorder.rows.map((row) => row.multiplyAdds ?? 0)),
    bytes: sum(recorder.rows.map(({ bytes }) => bytes)),
    warnings: [...recorder.warnings],
  };
  return { ...summary, toString: () => formatSummary(summary) };
}

class Recorder {
  readonly rows: SummaryRow[] = [];
  readonly warnings = new Set<string>();
  readonly reaches = new Map<Tensor, Reach>();
  readonly #names = new Map<AnyModule, string>();
  readonly #handles: HookHandle[] = [];
  readonly #counted = new Set<Tensor>();
  #latest: Reach = 'point';

  watch(name: string, module: AnyModule): void {
    const isPart = module.children().length === 0 || ownParameters(module).length > 0;
    if (!isPart || this.#names.has(module)) return;
    this.#names.set(module, name);
    this.#handles.push(
      module.registerForwardHook(((inputs: readonly unknown[], output: unknown) => {
        this.#record(module, inputs, output);
      }) as never),
    );
  }

  end(): void {
    for (const handle of this.#handles) handle.remove();
  }

  #record(module: AnyModule, inputs: readonly unknown[], output: unknown): void {
    const x = inputs[0];
    const y = output instanceof Tensor ? output : firstTensor(output);
    if (!(x instanceof Tensor) || y === undefined) {
      throw new ArgumentError(
        `summary: ${module.constructor.name} does not take and return tensors; a summary needs layers that do`,
      );
    }
    const isLeaf = module.children().length === 0;
    const own = ownParameters(module).map(({ value }) => value);
    const parameters = own.filter((value) => !this.#counted.has(value)).reduce((total, { size }) => total + size, 0);
    for (const value of own) this.#counted.add(value);
    const multiplyAdds = module.multiplyAdds(x.shape, y.shape);
    const hasBias = own.length > 1 && 'bias' in module && module.bias instanceof Tensor;
    // What comes from an op between layers, such as the sum at the end of a branch, sees what was seen last.
    const reach = isLeaf ? afterReach(this.reaches.get(x) ?? this.#latest, module.reach()) : this.#latest;
    this.reaches.set(y, reach);
    this.#latest = reach;
    const name = this.#names.get(module)!;
    if ('leftovers' in module) {
      for (const sentence of (module as unknown as HasWindow).leftovers(x.shape)) {
        this.warnings.add(`${name === '' ? '' : `${name}: `}${module.constructor.name}: ${sentence}`);
      }
    }
    this.rows.push({
      name,
      layer: `${module.constructor.name}(${module.describe()})`,
      output: y.shape,
      parameters,
      multiplyAdds,
      connections: multiplyAdds === undefined ? undefined : multiplyAdds + (hasBias ? y.size : 0),
      bytes: y.storage === x.storage || !isLeaf ? 0 : sizeOf(y.shape) * bytesPerElement(y.dtype),
      receptiveField: fieldOf(reach),
    });
  }
}

/** Of a result with several tensors, the first stands for it. */
function firstTensor(output: unknown): Tensor | undefined {
  if (typeof output !== 'object' || output === null) return undefined;
  return Object.values(output).find((value): value is Tensor => value instanceof Tensor);
}

/** A window, or a filter, and how it slides; `padding` is that of each side, or the word that stands for it. */
export interface SlidingWindow {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly dilation?: readonly number[];
}

/** Where windows do not fill an axis: (N - F + 2P) / S + 1 is no whole number. */
export function leftoversOf(input: Shape, { kernelSize, stride, padding, dilation }: SlidingWindow): string[] {
  if (padding === 'same') return [];
  const names = kernelSize.length === 1 ? ['length'] : ['depth', 'height', 'width'].slice(-kernelSize.length);
  return kernelSize.flatMap((taps, axis) => {
    const length = input[input.length - kernelSize.length + axis]!;
    const span = (dilation?.[axis] ?? 1) * (taps - 1) + 1;
    const around = padding === 'valid' ? 0 : padding[axis]!;
    const step = stride[axis]!;
    const room = length - span + 2 * around;
    if (room % step === 0) return [];
    const count = Number((room / step + 1).toFixed(2));
    return [
      `along the ${names[axis]}, (${length} - ${span} + 2·${around}) / ${step} + 1 = ${count} is no whole number; ` +
        `the last ${room % step} of ${length + 2 * around} are not seen`,
    ];
  });
}
