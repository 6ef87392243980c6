// What a workload is, and the short ways to write one.

import { type DType, sizeOf, type Tensor } from '@dl/autograd';
import type { Jax, JaxArray, JaxTree } from '../engines/jax-api.js';
import type { Layout } from '../engines/layouts.js';
import type { OnnxGraph, OnnxValue } from '../engines/onnx-graph.js';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';

type Made<T> = T | readonly T[] | undefined;

/** Makes what is needed beforehand, from the inputs, and returns the function that is timed. */
type Make<T, R> = (...inputs: T[]) => () => R;

export interface Workload extends Options, PeerForms {
  /** Unique; the filter of the command line looks in it. */
  readonly name: string;
  /** Every engine gets the same values. */
  readonly inputs: readonly Input[];
  readonly dl: Make<Tensor, Made<Tensor> | Promise<ArrayLike<number> | undefined>>;
  /** The same work on less data, where what it costs must not depend on how much there is, or without what should cost next to nothing: a column of its own. */
  readonly smaller?: Pick<Workload, 'inputs' | 'dl'>;
  /** Left out where TensorFlow.js cannot do it; kernels that its `wasm` backend lacks are noticed. */
  readonly tfjs?: (tf: Tf, ...inputs: TfTensor[]) => () => Made<TfTensor>;
}

type Values = Float32Array | Int32Array | Uint8Array;
type NpmResult = ArrayLike<number> | undefined;
type NpmCall = () => NpmResult | Promise<NpmResult>;

/** The forms of a workload for peers that do not run all of them. */
interface PeerForms {
  /** What the function returns is waited for, then disposed. */
  readonly jax?: (jax: Jax, ...inputs: JaxArray[]) => () => JaxTree;
  /** A model of which the first `feeds` inputs (default 1) are fed, and the others are weights. Inference only. */
  readonly onnx?: {
    readonly feeds?: number;
    readonly graph: (graph: OnnxGraph, ...inputs: OnnxValue[]) => OnnxValue;
  };
  /** A model that PyTorch exports to ONNX, for work that asks it again and again, such as generation. */
  readonly exported?: ExportedForm;
  /** Python: a lambda, or the definition of `make`; see `engines/torch_server.py` for the names it may use. */
  readonly torch?: string;
  /** Python: the definition of `make`, which gets the inputs as lists; see `engines/nltk_server.py`. */
  readonly nltk?: string;
  /** Packages of npm by their names, each with its module and the values of the inputs. What a call gives is compared with our first result. */
  readonly npm?: Readonly<Record<string, (module: never, ...inputs: Values[]) => NpmCall | Promise<NpmCall>>>;
}

/** What a session of ONNX Runtime gives and takes: its own tensors. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
  dispose?(): void;
}

/** A model of ONNX Runtime, with names for what goes in and comes out. */
export interface OnnxModel {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  floats(values: Float32Array, shape: readonly number[]): OnnxTensor;
  /** Tokens and places, as PyTorch has them: int64. */
  integers(values: readonly number[], shape: readonly number[]): OnnxTensor;
}

interface ExportedForm {
  /** Python: the definition of `make`, which takes the inputs, and gives a module, its arguments, and the options of `torch.onnx.export` that name and size what it takes and gives. */
  readonly torch: string;
  /** The function that is timed. What it gives is compared with our first result. */
  readonly call: (model: OnnxModel) => () => Promise<ArrayLike<number>>;
}

interface Options {
  /** The layout of the first result, or of the first few; the others are plain. */
  readonly output?: Layout | readonly Layout[];
  /** How far results may lie from ours, relative to 1 + |ours|; `random` for those that never agree. Default 1e-5. */
  readonly tolerance?: number | 'random';
  /** A call of ours is over when its promise is. What that gives is compared, where it gives numbers. */
  readonly isAsync?: boolean;
  /** A whole network: what a call makes is freed after each call, as in a training loop. */
  readonly isNetwork?: boolean;
  /** Time it while another process keeps a processor busy. */
  readonly besideBusyProcess?: boolean;
  /** Its time is that of reading and writing memory: PyTorch is timed with the system's own allocator, too. */
  readonly memoryBound?: boolean;
  /** A call is over in microseconds, nearly all of them around the arithmetic: turns are long enough for collections. */
  readonly overheadBound?: boolean;
  /** Compare what the call of this number returns, so that a loss shows the updates before it. Default 1. */
  readonly compareAfter?: number;
  /** Ours is plain JavaScript, the same on every engine: only the first of ours is timed. */
  readonly isPlain?: boolean;
  /** Multiplications and additions of a product of matrices, for its rate. */
  readonly flops?: number;
  /** Tokens that a call learns from, or generates, for its rate. */
  readonly tokens?: number;
  /** Engines that would take minutes for one call. */
  readonly tooSlow?: readonly string[];
}

export interface Input {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  values(): Values;
}

/** A workload that is one call. */
export function call(
  label: string,
  inputs: readonly Input[],
  dl: (...inputs: Tensor[]) => Made<Tensor>,
  tfjs?: (tf: Tf, ...inputs: TfTensor[]) => Made<TfTensor>,
  options: Options & PeerForms = {},
): Workload {
  return {
    name: [label, ...inputs.map(({ shape }) => formatShape(shape))].join(' '),
    inputs,
    dl:
      (...x) =>
      () =>
        dl(...x),
    ...(tfjs && {
      tfjs:
        (tf, ...x) =>
        () =>
          tfjs(tf, ...x),
    }),
    ...options,
  };
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

interface FloatRange {
  readonly low?: number;
  readonly high?: number;
  readonly layout?: Layout;
}

/** Numbers spread evenly over a range, in no order. */
export function floats(shape: readonly number[], { low = -2, high = 2, layout = 'plain' }: FloatRange = {}): Input {
  const fill = uniform();
  const values = () => fill(new Float32Array(sizeOf(shape)), (u) => low + u * (high - low));
  return { shape, dtype: 'float32', layout, values };
}

/** Whole numbers from `low` to `high - 1`. */
export function ints(shape: readonly number[], low: number, high: number): Input {
  const fill = uniform();
  const values = () => fill(new Int32Array(sizeOf(shape)), (u) => low + Math.floor(u * (high - low)));
  return { shape, dtype: 'int32', layout: 'plain', values };
}

/** Words of a text, from 0 to `words` - 1: the k-th comes about 1/k times as often as the first (Zipf). */
export function zipf(length: number, words: number): Input {
  const fill = uniform();
  const values = () => fill(new Int32Array(length), (u) => Math.floor((words + 1) ** u) - 1);
  return { shape: [length], dtype: 'int32', layout: 'plain', values };
}

/** True and false, about as often. */
export function bools(shape: readonly number[]): Input {
  const fill = uniform();
  const values = () => fill(new Uint8Array(sizeOf(shape)), (u) => (u < 0.5 ? 0 : 1));
  return { shape, dtype: 'bool', layout: 'plain', values };
}

export function image(shape: readonly number[]): Input {
  return floats(shape, { layout: 'image' });
}

export function filter(shape: readonly number[], layout: Layout = 'filter', bound = 0.5): Input {
  return floats(shape, { low: -bound, high: bound, layout });
}

let inputsMade = 0;

/** A stream of numbers from 0 to 1 for each input (xorshift32), the same whenever it is started. */
function uniform(): <V extends Values>(values: V, map: (u: number) => number) => V {
  const seed = Math.imul(++inputsMade, 0x9e3779b1) | 1;
  return (values, map) => {
    let state = seed;
    for (let i = 0; i < values.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      values[i] = map((state >>> 0) / 2 ** 32);
    }
    return values;
  };
}

/** Weights of a layer, spread evenly around 0. */
export function weights(shape: readonly number[], bound: number): Input {
  return floats(shape, { low: -bound, high: bound });
}
