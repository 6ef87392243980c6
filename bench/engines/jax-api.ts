// The part of jax-js that the workloads use, so that they type-check where it is not installed. Every function consumes
// its arrays: what is used again is passed as `x.ref`.

export interface JaxArray {
  readonly shape: readonly number[];
  readonly device: string;
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  max(axes?: number | readonly number[]): JaxArray;
  mean(axes?: number | readonly number[], options?: { readonly keepdims: boolean }): JaxArray;
  sum(axes?: number | readonly number[]): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  slice(...ranges: readonly (number | readonly number[])[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

export type JaxTree = JaxArray | readonly JaxArray[];

export interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): string;
  blockUntilReady(x: JaxTree): Promise<unknown>;
  jit<A extends readonly JaxTree[], R extends JaxTree>(f: (...args: A) => R): (...args: A) => R;
  grad<A extends readonly JaxTree[]>(f: (...args: A) => JaxArray): (...args: A) => A[0];
  valueAndGrad<A extends readonly JaxTree[]>(f: (...args: A) => JaxArray): (...args: A) => [JaxArray, A[0]];
  readonly numpy: {
    array(values: ArrayLike<number>): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(x: JaxArray, order?: readonly number[]): JaxArray;
    stack(xs: readonly JaxArray[]): JaxArray;
    add(a: JaxArray, b: JaxArray): JaxArray;
    exp(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    tanh(x: JaxArray): JaxArray;
  };
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      weight: JaxArray,
      strides: readonly number[],
      padding: readonly (readonly number[])[],
    ): JaxArray;
  };
  readonly nn: {
    relu(x: JaxArray): JaxArray;
    sigmoid(x: JaxArray): JaxArray;
    softmax(x: JaxArray, axis: number): JaxArray;
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    oneHot(x: JaxArray, classes: number): JaxArray;
  };
  readonly tree: {
    dispose(x: JaxTree): void;
    leaves(x: JaxTree): JaxArray[];
  };
}
