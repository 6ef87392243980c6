// Backends: where buffers live and which kernels run on them, and how a program chooses one.

import { checkCall, type Known } from '../arguments/check-call.js';
import type { AnyOp, Kernel, KernelEntry } from '../dispatch/define-op.js';
import { BackendError } from '../errors.js';
import type { Constants } from '../ops/scalar.js';
import { Setting } from '../setting.js';
import { type DType, type TypedArray, typedArray } from '../tensor/dtype.js';
import { version } from '../version.js';

/** A backend's own name for a buffer. Only its backend looks inside. */
export type BufferHandle = object;

/** What really runs, and why it was chosen. */
export interface BackendInfo {
  readonly name: string;
  /** What the backend runs on: `typescript`, `wasm relaxed-simd, 2 threads`, `webgl2`. */
  readonly engine: string;
  /** The backends that `useBackend` tried before this one, with the reason that each gave. */
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
  /** What else the backend tells about itself, such as the renderer or the limits of its memory. */
  readonly details: Readonly<Record<string, string | number>>;
}

/**
 * A place where tensors live. To write one, extend this class with the seven members below; a table without
 * kernels is a valid start, since every op then runs from other ops or on the backend to fall back on.
 */
export abstract class Backend {
  abstract readonly name: string;
  /** What it really runs on. */
  abstract readonly engine: string;

  /** Makes it ready; throws with the reason when it cannot run here. */
  start(): void | Promise<void> {}

  /** A buffer for `size` elements, of any content. Throws a MemoryError when there is no room. */
  abstract allocate(dtype: DType, size: number): BufferHandle;
  abstract free(handle: BufferHandle): void;
  /** Copies host values into a buffer of the same dtype and size. */
  abstract write(handle: BufferHandle, values: TypedArray): void;
  /** Sets every element. Override it where that needs no array on the host. */
  fill(handle: BufferHandle, value: number, dtype: DType, size: number): void {
    const values = typedArray(dtype, size);
    this.write(handle, value === 0 ? values : values.fill(value));
  }
  /** Copies one buffer into another of the same dtype and size. Override it where the device can do so itself. */
  copy(from: BufferHandle, to: BufferHandle, dtype: DType, size: number): void {
    const values = this.readSync(from, dtype, size);
    if (values === undefined)
      throw new BackendError(`the ${this.name} backend does not say how to copy a buffer; it must override copy`);
    this.write(to, values);
  }
  /** A copy of a buffer's values on the host. */
  abstract read(handle: BufferHandle, dtype: DType, size: number): Promise<TypedArray>;
  /** The same at once, or undefined where the device cannot be waited for. */
  abstract readSync(handle: BufferHandle, dtype: DType, size: number): TypedArray | undefined;

  /** Whether tensors of this dtype can live here. */
  supports(_dtype: DType): boolean {
    return true;
  }

  /** What else {@link info} should tell. */
  details(): Readonly<Record<string, string | number>> {
    return {};
  }

  /** The kernel of an op, by the op itself. */
  readonly kernels: ReadonlyMap<AnyOp, Kernel>;
  /** @internal Filled by `useBackend`. */
  passedOver: BackendInfo['passedOver'] = [];
  /** @internal The backend that runs the ops that this one cannot. Filled by `useBackend`. */
  fallback: Backend | undefined = undefined;
  /** @internal With `strict`, an op without a kernel is an error. Filled by `useBackend`. */
  strict = false;
  /** @internal Numbers that ops were given beside tensors, as tensors: see ops/scalar.ts. */
  constants: Constants | undefined = undefined;
  /** @internal */
  started = false;
  readonly #warned = new Set<AnyOp>();

  constructor(kernels: Iterable<KernelEntry>) {
    this.kernels = new Map(Array.from(kernels, ({ op, run }) => [op, run]));
  }

  info(): BackendInfo {
    return { name: this.name, engine: this.engine, passedOver: this.passedOver, details: this.details() };
  }

  /** @internal Says once for each op that another backend runs it. */
  warnOnce(op: AnyOp, fallback: Backend): void {
    if (this.#warned.has(op)) return;
    this.#warned.add(op);
    console.warn(
      `@dl/autograd: the ${this.name} backend has no kernel for ${op.name}; it runs on the ${fallback.name} backend, with a copy ` +
        'each way. Add a kernel for it to the backend, or pass { strict: true } to useBackend to make this an error.',
    );
  }
}

export interface UseBackendOptions {
  /** Make an op that the backend has neither a kernel nor a decomposition for an error. Default false: fall back and warn once. */
  readonly strict?: boolean;
}

const useBackendOptions: Known<UseBackendOptions> = { strict: 'boolean' };

const current = /* @__PURE__ */ new Setting<Backend | undefined>(undefined);
const inUse = new Set<Backend>();

/**
 * Chooses where new tensors live: the first of `backends` that can run here. The later ones stand by for ops
 * that it has no kernel for. A backend that needs no waiting, such as the CPU, is in use as soon as the call returns.
 *
 * @returns The backend, whose `info()` tells what was chosen and why others were passed over.
 * @throws BackendError with every backend's reason when none can run.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * const backend = await useBackend([cpu()]);
 * console.log(backend.info().name); // cpu
 * ```
 */
export async function useBackend(
  backends: Backend | readonly Backend[],
  options: UseBackendOptions = {},
): Promise<Backend> {
  checkCall('useBackend', arguments, ['backends'], useBackendOptions);
  const { strict = false } = options;
  announceCopy();
  const candidates = backends instanceof Backend ? [backends] : [...backends];
  const passedOver: { name: string; reason: string }[] = [];
  let chosen: Backend | undefined;
  for (const candidate of candidates) {
    try {
      const starting = candidate.started ? undefined : candidate.start();
      if (starting instanceof Promise) await starting;
    } catch (error) {
      passedOver.push({ name: candidate.name, reason: reasonOf(error, candidate.name) });
      continue;
    }
    candidate.started = true;
    inUse.add(candidate);
    if (chosen === undefined) chosen = candidate;
    else chosen.fallback ??= candidate;
    if (chosen === candidate) {
      chosen.passedOver = passedOver;
      chosen.strict = strict;
      chosen.fallback = undefined;
      current.value = chosen;
    }
  }
  if (chosen === undefined) {
    const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new BackendError(`useBackend: no backend can run here (${reasons || 'none was given'})`);
  }
  return chosen;
}

/** What an error says, without the backend's name in front: reasons stand beside it. */
function reasonOf(error: unknown, name: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}

/** The backend that new tensors go to. */
export function currentBackend(): Backend {
  const backend = current.value;
  if (backend === undefined) {
    throw new BackendError(
      'no backend chosen: install @dl/kernels-cpu, then call useBackend(cpu()) before making tensors',
    );
  }
  return backend;
}

/**
 * Runs `body` with another backend for new tensors, and puts the former one back whatever happens.
 * With an asynchronous body the backend stays until its promise settles.
 */
export function withBackend<T>(backend: Backend, body: () => T): T {
  checkCall('withBackend', arguments, ['backend', 'body']);
  if (!backend.started) {
    throw new BackendError(`withBackend: the ${backend.name} backend is not started; pass it to useBackend first`);
  }
  return current.during(backend, body);
}

/** Every backend that `useBackend` has started, for {@link coverage}. */
export function startedBackends(): readonly Backend[] {
  return [...inUse];
}

const copyKey = Symbol.for('@dl/autograd/copy');

/** Two copies of this package cannot share tensors: say so once, with both versions. */
function announceCopy(): void {
  const shared = globalThis as { [copyKey]?: { version: string; token: object; told: boolean } };
  const first = shared[copyKey];
  if (first === undefined) {
    shared[copyKey] = { version, token: copyToken, told: false };
  } else if (first.token !== copyToken && !first.told) {
    first.told = true;
    console.warn(
      `@dl/autograd: two copies are loaded, versions ${first.version} and ${version}; their tensors do not mix. ` +
        'Make every package depend on one version (npm ls @dl/autograd shows which does not).',
    );
  }
}

const copyToken = {};
