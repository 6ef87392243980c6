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
import { afterReach, fieldOf, type Reach, widest } from './receptive-field.js';
import { formatSummary } from './summary-table.js';

/** Options of `summary()`. */
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
  /** The shape of its output, batch included. */
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

/** What `summary()` returns. */
export interface Summary {
  /** The layers, in the order in which they ran. */
  readonly rows: readonly SummaryRow[];
  /** How many numbers all parameters have, frozen ones included. */
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

export function summarize(model: AnyModule, input: Shape | readonly Shape[], { dtype }: SummaryOptions): Summary {
  const first = model.parameters()[0];
  const modes = walk(model).map(([, module]) => [module, module.training] as const);
  const recorder = new Recorder();
  const temporary = internalScope();
  try {
    for (const [name, module] of walk(model)) recorder.watch(name, module);
    const options = { dtype: dtype ?? first?.dtype ?? 'float32', ...(first && { backend: first.backend }) };
    const xs = shapesOf(input).map((shape) => zeros(shape, options));
    model.eval();
    noGrad(() => model.forward(...xs));
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

const shapesOf = (input: Shape | readonly Shape[]): readonly Shape[] =>
  Array.isArray(input[0]) ? (input as readonly Shape[]) : [input as Shape];

/** What the layers inside a module that is running have seen so far. */
interface Frame {
  widest: Reach;
  latest: Reach;
}

class Recorder {
  readonly rows: SummaryRow[] = [];
  readonly warnings = new Set<string>();
  readonly #reaches = new Map<Tensor, Reach>();
  readonly #names = new Map<AnyModule, string>();
  readonly #handles: HookHandle[] = [];
  readonly #counted = new Set<Tensor>();
  /** One for each module that is running and has others below it, the innermost last. */
  readonly #frames: Frame[] = [{ widest: 'point', latest: 'point' }];

  watch(name: string, module: AnyModule): void {
    if (this.#names.has(module)) return;
    this.#names.set(module, name);
    const isLeaf = module.children().length === 0;
    const enter = ([x]: readonly unknown[]): void => {
      if (isLeaf) return;
      const reach = this.#reachOf(x);
      this.#frames.push({ widest: reach, latest: reach });
    };
    const leave = ([x]: readonly unknown[], output: unknown): void => {
      const y = output instanceof Tensor ? output : firstTensor(output);
      const isPart = isLeaf || ownParameters(module).length > 0;
      const reach = isLeaf ? afterReach(this.#reachOf(x), module.reach()) : this.#reachOf(y);
      if (!isLeaf) this.#frames.pop();
      if (!(x instanceof Tensor) || y === undefined) {
        if (!isPart) return;
        throw new ArgumentError(
          `summary: ${module.constructor.name} does not take and return tensors; a summary needs layers that do`,
        );
      }
      this.#see(y, reach);
      if (isPart) this.#record(module, x, y, reach, isLeaf);
    };
    this.#handles.push(module.registerForwardPreHook(enter as never), module.registerForwardHook(leave as never));
  }

  end(): void {
    for (const handle of this.#handles) handle.remove();
  }

  /**
   * What comes from an op between layers, such as the sum at the end of two branches, sees the widest of what layers around it
   * see, in the steps of the last one.
   */
  #reachOf(x: unknown): Reach {
    const { widest: most, latest } = this.#frames.at(-1)!;
    const known = this.#reaches.get(x as Tensor);
    if (known !== undefined) return known;
    return typeof most === 'string' || typeof latest === 'string' ? most : { size: most.size, step: latest.step };
  }

  #see(y: Tensor, reach: Reach): void {
    const frame = this.#frames.at(-1)!;
    this.#reaches.set(y, reach);
    frame.widest = widest([frame.widest, reach]);
    frame.latest = reach;
  }

  #record(module: AnyModule, x: Tensor, y: Tensor, reach: Reach, isLeaf: boolean): void {
    const own = ownParameters(module).map(({ value }) => value);
    const parameters = own.filter((value) => !this.#counted.has(value)).reduce((total, { size }) => total + size, 0);
    for (const value of own) this.#counted.add(value);
    const multiplyAdds = module.multiplyAdds(x.shape, y.shape);
    const hasBias = own.length > 1 && 'bias' in module && module.bias instanceof Tensor;
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
  // Axes of which the same is true share a sentence.
  const along = new Map<string, string[]>();
  kernelSize.forEach((taps, axis) => {
    const length = input[input.length - kernelSize.length + axis]!;
    const span = (dilation?.[axis] ?? 1) * (taps - 1) + 1;
    const around = padding === 'valid' ? 0 : padding[axis]!;
    const step = stride[axis]!;
    const room = length - span + 2 * around;
    if (room % step === 0) return;
    const count = Number((room / step + 1).toFixed(2));
    const fault =
      `(${length} - ${span} + 2·${around}) / ${step} + 1 = ${count} is no whole number; ` +
      `the last ${room % step} of ${length + 2 * around} are not seen`;
    along.set(fault, [...(along.get(fault) ?? []), `the ${names[axis]}`]);
  });
  return [...along].map(([fault, axes]) => `along ${axes.join(' and ')}, ${fault}`);
}
