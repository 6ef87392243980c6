// The smallest backend there can be, for tests: buffers are typed arrays, and kernels only those that a test hands in.

import {
  Backend,
  type DType,
  defineKernel,
  type KernelEntry,
  mul,
  needRange,
  type TypedArray,
  typedArray,
} from '../src/index.js';

export class PlainBuffer {
  values: TypedArray | undefined;

  constructor(values: TypedArray) {
    this.values = values;
  }
}

export interface PlainOptions {
  readonly name?: string;
  readonly kernels?: readonly KernelEntry[];
  /** Throws, or rejects, when the backend is to be one that cannot run here. */
  readonly start?: () => void | Promise<void>;
  /** False for a device that cannot be waited for. */
  readonly canReadSync?: boolean;
  readonly supports?: (dtype: DType) => boolean;
}

export class PlainBackend extends Backend {
  readonly name: string;
  readonly engine = 'typed arrays';
  readonly #options: PlainOptions;
  /** How many buffers are not freed. */
  live = 0;

  constructor(options: PlainOptions = {}) {
    super(options.kernels ?? []);
    this.name = options.name ?? 'plain';
    this.#options = options;
  }

  override start(): void | Promise<void> {
    return this.#options.start?.();
  }

  override allocate(dtype: DType, size: number): PlainBuffer {
    this.live++;
    return new PlainBuffer(typedArray(dtype, size));
  }

  override free(handle: PlainBuffer): void {
    if (handle.values === undefined) throw new Error('a buffer was freed twice');
    this.live--;
    handle.values = undefined;
  }

  override write(handle: PlainBuffer, values: TypedArray, start = 0): void {
    needRange('plain: write', start, values.length, handle.values!.length);
    handle.values!.set(values, start);
  }

  override async read(handle: PlainBuffer, _dtype: DType, size: number, start = 0): Promise<TypedArray> {
    needRange('plain: read', start, size, handle.values!.length);
    return handle.values!.slice(start, start + size);
  }

  override readSync(handle: PlainBuffer, _dtype: DType, size: number, start = 0): TypedArray | undefined {
    if (this.#options.canReadSync === false) return undefined;
    needRange('plain: read', start, size, handle.values!.length);
    return handle.values!.slice(start, start + size);
  }

  override supports(dtype: DType): boolean {
    return this.#options.supports?.(dtype) ?? super.supports(dtype);
  }
}

/** mul for operands of one shape: enough to see who ran it. */
export function plainMul(onRun: () => void): KernelEntry {
  return defineKernel(mul, ({ a, b, y }) => {
    onRun();
    const [from, by, to] = [a, b, y].map(({ handle }) => (handle as PlainBuffer).values!) as [
      TypedArray,
      TypedArray,
      TypedArray,
    ];
    for (let i = 0; i < to.length; i++) to[i] = from[i % from.length]! * by[i % by.length]!;
  });
}
