// The part of TensorFlow.js that the workloads use, so that they type-check where it is not installed.

export interface TfTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): Float32Array | Int32Array | Uint8Array;
  dispose(): void;
}

export type TfUnary =
  | 'abs'
  | 'ceil'
  | 'cos'
  | 'elu'
  | 'erf'
  | 'exp'
  | 'expm1'
  | 'floor'
  | 'isFinite'
  | 'isNaN'
  | 'log'
  | 'log1p'
  | 'logicalNot'
  | 'logSoftmax'
  | 'neg'
  | 'reciprocal'
  | 'relu'
  | 'round'
  | 'rsqrt'
  | 'selu'
  | 'sigmoid'
  | 'sign'
  | 'sin'
  | 'softmax'
  | 'softplus'
  | 'sqrt'
  | 'square'
  | 'tanh';

export type TfBinary =
  | 'add'
  | 'div'
  | 'dot'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'less'
  | 'lessEqual'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor'
  | 'maximum'
  | 'minimum'
  | 'mod'
  | 'mul'
  | 'notEqual'
  | 'outerProduct'
  | 'pow'
  | 'prelu'
  | 'sub';

export type TfReduction = 'sum' | 'prod' | 'max' | 'min' | 'any' | 'all' | 'logSumExp';

type Numbers = readonly number[];
type Pairs = readonly Numbers[];
type Operand = TfTensor | number;

interface Functions {
  argMax(x: TfTensor, axis?: number): TfTensor;
  argMin(x: TfTensor, axis?: number): TfTensor;
  avgPool(x: TfTensor, size: number, strides: number, pad: number, rounding?: string): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, pad: number, rounding?: string): TfTensor;
  broadcastTo(x: TfTensor, shape: Numbers): TfTensor;
  cast(x: TfTensor, dtype: string): TfTensor;
  clipByValue(x: TfTensor, min: number, max: number): TfTensor;
  concat(xs: readonly TfTensor[], axis: number): TfTensor;
  conv2d: Convolution;
  cumsum(x: TfTensor, axis?: number, exclusive?: boolean, reverse?: boolean): TfTensor;
  depthwiseConv2d: Convolution;
  dropout(x: TfTensor, rate: number): TfTensor;
  einsum(equation: string, ...operands: TfTensor[]): TfTensor;
  eye(rows: number): TfTensor;
  fill(shape: Numbers, value: number): TfTensor;
  gather(x: TfTensor, indices: TfTensor, axis?: number): TfTensor;
  leakyRelu(x: TfTensor, alpha: number): TfTensor;
  linspace(start: number, stop: number, count: number): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  mirrorPad(x: TfTensor, pads: Pairs, mode: 'reflect' | 'symmetric'): TfTensor;
  moments(x: TfTensor, axes: Numbers): { readonly mean: TfTensor; readonly variance: TfTensor };
  mean(x: TfTensor, axes?: number | Numbers, keepDims?: boolean): TfTensor;
  norm(x: TfTensor, order: 'euclidean', axes: Numbers): TfTensor;
  oneHot(indices: TfTensor, depth: number): TfTensor;
  pad(x: TfTensor, pads: Pairs, value?: number): TfTensor;
  randomNormal(shape: Numbers): TfTensor;
  randomUniform(shape: Numbers): TfTensor;
  range(start: number, stop: number, step: number, dtype: string): TfTensor;
  reshape(x: TfTensor, shape: Numbers): TfTensor;
  reverse(x: TfTensor, axis: number): TfTensor;
  slice(x: TfTensor, begin: Numbers, size: Numbers): TfTensor;
  split(x: TfTensor, sizes: number | Numbers, axis: number): TfTensor[];
  stack(xs: readonly TfTensor[], axis: number): TfTensor;
  stridedSlice(x: TfTensor, begin: Numbers, end: Numbers, strides: Numbers): TfTensor;
  tile(x: TfTensor, counts: Numbers): TfTensor;
  topk(x: TfTensor, k: number, sorted: boolean): { readonly values: TfTensor; readonly indices: TfTensor };
  transpose(x: TfTensor, order: Numbers): TfTensor;
  unsortedSegmentSum(x: TfTensor, ids: TfTensor, count: number): TfTensor;
  where(condition: TfTensor, a: Operand, b: Operand): TfTensor;
  zeros(shape: Numbers): TfTensor;
  readonly linalg: { bandPart(x: TfTensor, lower: number, upper: number): TfTensor };
  unstack(x: TfTensor, axis: number): TfTensor[];
  /** A product or convolution with bias and activation in one kernel. In training only without activation. */
  readonly fused: {
    matMul(form: Fused & { a: TfTensor; b: TfTensor; transposeA?: boolean; transposeB?: boolean }): TfTensor;
    conv2d(form: Fused & { x: TfTensor; filter: TfTensor; strides: number; pad: string | Pairs }): TfTensor;
  };
  readonly losses: { softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor };
}

interface Fused {
  readonly bias: TfTensor;
  readonly activation?: 'linear' | 'relu';
}

type Convolution = (
  x: TfTensor,
  filter: TfTensor,
  strides: number,
  pad: string | Pairs,
  dataFormat?: string,
  dilations?: number,
  rounding?: string,
) => TfTensor;

export interface TfOptimizer {
  minimize(loss: () => TfTensor, returnCost: true): TfTensor;
}

interface Machinery {
  grad(f: (x: TfTensor) => TfTensor): (x: TfTensor) => TfTensor;
  tensor(values: ArrayLike<number>, shape: Numbers, dtype: string): TfTensor;
  tidy<T>(body: () => T): T;
  variable(initial: TfTensor): TfTensor;
  disposeVariables(): void;
  enableProdMode(): void;
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  /** Of the package of the `wasm` backend: the folder of its files. */
  setWasmPaths(folder: string): void;
  env(): { getAsync(flag: string): Promise<number | boolean>; get(flag: string): number | boolean };
  /** Of the package of the `webgl` backend: its drawing context. */
  backend(): { readonly gpgpu: { readonly gl: WebGL2RenderingContext } };
  ready(): Promise<void>;
  readonly version_core: string;
  readonly train: { sgd(rate: number): TfOptimizer; adam(rate: number): TfOptimizer };
  /** `runKernel` is for kernels that have no function of their own, such as the gradient of a convolution. */
  engine(): {
    runKernel(name: string, inputs: object, attrs: object): TfTensor;
    startScope(): void;
    endScope(): void;
  };
}

export type Tf = Functions &
  Machinery &
  Readonly<Record<TfUnary, (x: TfTensor) => TfTensor>> &
  Readonly<Record<TfBinary, (a: TfTensor, b: TfTensor | number) => TfTensor>> &
  Readonly<Record<TfReduction, (x: TfTensor, axes?: Numbers) => TfTensor>>;
