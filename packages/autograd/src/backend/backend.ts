// Backends: where buffers live and which kernels run on them, and how a program chooses one.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { currentContext, inContext } from '../context/context.js';
import { announceCopy, type Copy, copyMark, isInstance, ownCopy, refuseOtherCopy, usedElsewhere } from '../copies.js';
import type { AnyOp, Kernel, KernelEntry } from '../dispatch/define-op.js';
import { ArgumentError, BackendError } from '../errors.js';
import type { Constants } from '../ops/scalar.js';
import { type DType, isHalf, type TypedArray, typedArray } from '../tensor/dtype.js';
import { besideEngine, checkKernels } from './own-kernels.js';

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

  /**
   * Gives back what it such as memory, workers or a drawing context. Its tensors are gone with it: using one, or the backend, is an
   * error that says so. Stopping twice is harmless. A backend that nobody holds any more gives it all back by itself, some time later.
   */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.started = false;
    this.constants = undefined;
    this.release();
    this.starting?.then(
      () => this.release(),
      () => undefined,
    );
    // Nothing asks on the way to a kernel whether the backend runs.
    const fail = (): never => {
      throw this.stoppedError();
    };
    Object.assign(this, {
      start: fail,
      allocate: fail,
      write: fail,
      fill: fail,
      copy: fail,
      readSync: fail,
      part: fail,
    });
    Object.assign(this, { read: async () => fail(), free: () => undefined });
    const kernels = Object.assign(new Map<AnyOp, Kernel>(), { get: fail });
    Object.defineProperty(this, 'kernels', { value: kernels });
  }

  /** What {@link stop} gives back. Override it where the backend holds anything. */
  protected release(): void {}

  /** @internal */
  stoppedError(): BackendError {
    return new BackendError(
      `${this.name}: the backend was stopped, and its tensors are gone; start another, useBackend(${this.name}()), and make or load them anew`,
    );
  }

  /** A buffer for `size` elements, of any content. Throws a MemoryError when there is no room. */
  abstract allocate(dtype: DType, size: number): BufferHandle;
  abstract free(handle: BufferHandle): void;
  /**
   * Copies host values of the buffer's dtype into it, from element `start` (default 0) on. Here and below, `needRange` tells
   * whoever asks for elements that are not there.
   */
  abstract write(handle: BufferHandle, values: TypedArray, start?: number): void;
  /** Sets `size` elements from `start` on. Override it where that needs no array on the host. */
  fill(handle: BufferHandle, value: number, dtype: DType, size: number, start = 0): void {
    const values = typedArray(dtype, size);
    this.write(handle, value === 0 ? values : values.fill(value), start);
  }
  /** Copies `size` elements into another buffer of the same dtype. Override it where the device can do so itself. */
  copy(from: BufferHandle, to: BufferHandle, dtype: DType, size: number, fromStart = 0, toStart = 0): void {
    const values = this.readSync(from, dtype, size, fromStart);
    if (values === undefined)
      throw new BackendError(`the ${this.name} backend does not say how to copy a buffer; it must override copy`);
    this.write(to, values, toStart);
  }
  /** A copy on the host of `size` elements from `start` (default 0) on. */
  abstract read(handle: BufferHandle, dtype: DType, size: number, start?: number): Promise<TypedArray>;
  /** The same at once, or undefined where the device cannot be waited for. */
  abstract readSync(handle: BufferHandle, dtype: DType, size: number, start?: number): TypedArray | undefined;
  /**
   * A handle for `size` elements of a buffer from `start` on, which kernels read and write as any other: parts of tensors then need no
   * copy. Leave it out where a buffer can only be used from its beginning. It holds nothing: it is never freed, and not used longer than the
   * buffer.
   */
  part?(handle: BufferHandle, dtype: DType, start: number, size: number): BufferHandle;

  /** Whether tensors of this dtype can live here: all that are computed with, unless the backend says otherwise. */
  supports(dtype: DType): boolean {
    return !isHalf(dtype);
  }

  /** What else {@link info} should tell; the conformance suite of @dl/testing asks for `liveBuffers`, how many are not freed. */
  details(): Readonly<Record<string, string | number>> {
    return {};
  }

  /** The kernel of an op, by the op itself. */
  readonly kernels: ReadonlyMap<AnyOp, Kernel>;
  /** Kernels among them that a user has brought: `info().engine` tells of them. Set it where the backend takes such. */
  protected ownKernels: readonly Pick<KernelEntry, 'op' | 'by'>[] = [];
  /** @internal Filled by `useBackend`. */
  passedOver: BackendInfo['passedOver'] = [];
  /** @internal Scalar operands, as tensors: see ops/scalar.ts. */
  constants: Constants | undefined = undefined;
  /** @internal */
  started = false;
  /** Whether {@link stop} was called. */
  isStopped = false;
  /** @internal While `start` is on its way, so that two calls of `useBackend` wait for one. */
  starting: Promise<void> | undefined = undefined;
  readonly #warned = new Set<AnyOp>();

  constructor(kernels: Iterable<KernelEntry>) {
    this.kernels = new Map(checkKernels('Backend', kernels).map(({ op, run }) => [op, run]));
  }

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
  }

  info(): BackendInfo {
    const { name, passedOver } = this;
    if (this.isStopped) return { name, engine: 'stopped', passedOver, details: {} };
    return { name, engine: this.engine + besideEngine(this.ownKernels), passedOver, details: this.details() };
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

/** What was started, for as long as anybody else holds it. */
const inUse: WeakRef<Backend>[] = [];

/**
 * Chooses where new tensors live: the first of `backends` that can run here. The later ones are fallback backends, for ops
 * that it has no kernel for. Wait for it before you make tensors: most backends load something first. One that needs no waiting is in use
 * as soon as the call returns.
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
  const candidates = candidatesOf(backends, 'useBackend');
  const passedOver: { name: string; reason: string }[] = [];
  // That of the caller, wherever the program is when a backend has started.
  const { chosen } = currentContext();
  const running: Backend[] = [];
  for (const candidate of candidates) {
    try {
      const starting = candidate.started ? undefined : (candidate.starting ?? candidate.start());
      if (starting instanceof Promise) {
        candidate.starting = starting;
        await waitFor(starting);
      }
      if (candidate.isStopped) throw candidate.stoppedError();
    } catch (error) {
      passedOver.push({ name: candidate.name, reason: reasonOf(error, candidate.name) });
      continue;
    } finally {
      candidate.starting = undefined;
    }
    // A kernel for another copy's op would never run.
    for (const op of candidate.kernels.keys())
      refuseOtherCopy(op, 'useBackend', `the op ${op.name}, which ${candidate.name} has a kernel for,`);
    if (!candidate.started) {
      candidate.started = true;
      remember(candidate);
    }
    if (!running.includes(candidate)) running.push(candidate);
    if (running.length === 1) candidate.passedOver = passedOver;
    chosen.backends = [...running];
    chosen.strict = strict;
  }
  const [first] = running;
  if (first === undefined) {
    const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new BackendError(`useBackend: no backend can run here (${reasons || 'none was given'})`);
  }
  return first;
}

function remember(backend: Backend): void {
  const others = inUse.filter((started) => started.deref()?.started === true);
  inUse.splice(0, inUse.length, ...others, new WeakRef(backend));
}

/** How many calls of useBackend wait for a backend. */
let waiting = 0;

async function waitFor(starting: Promise<void>): Promise<void> {
  waiting++;
  try {
    await starting;
  } finally {
    waiting--;
  }
}

function candidatesOf(backends: unknown, where: string): readonly Backend[] {
  const list: unknown[] = Array.isArray(backends) ? backends : [backends];
  return list.map((each) => needBackend(each, where, 'the backend'));
}

/** The value, if it is a backend. */
export function needBackend(value: unknown, where: string, what: string): Backend {
  if (isInstance(value, Backend, where, what)) return value;
  const call =
    typeof value === 'function' && value.name !== ''
      ? `; call it: ${value.name}()`
      : ', such as cpu() of @dl/kernels-cpu makes';
  throw new ArgumentError(`${where}: ${what} is ${shown(value)}, needs a backend${call}`);
}

/** What an error says, without the backend's name in front: reasons stand beside it. */
function reasonOf(error: unknown, name: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}

/** The backend that new tensors go to. */
export function currentBackend(): Backend {
  const backend = currentContext().chosen.backends[0];
  if (backend === undefined) {
    const elsewhere = usedElsewhere();
    if (elsewhere !== undefined) throw new BackendError(`no backend chosen in this copy of @dl/autograd: ${elsewhere}`);
    if (waiting > 0) {
      throw new BackendError(
        'no backend is ready yet: useBackend(…) was called but not waited for; write await useBackend(…) before making tensors',
      );
    }
    throw new BackendError(
      'no backend chosen: install @dl/kernels-cpu, then call useBackend(cpu()) before making tensors',
    );
  }
  return backend;
}

/** The backend that new tensors go to, and then those that it may fall back on, in order. */
export function currentBackends(): readonly Backend[] {
  checkCall('currentBackends', arguments, []);
  return currentContext().chosen.backends;
}

/**
 * Runs `body` with another backend for new tensors, or with several, the later ones to fall back on. Those of before come after them. With
 * an asynchronous body that holds until its promise settles, and for other tasks it does not hold.
 *
 * @throws BackendError for a backend that was not started.
 */
export function withBackend<T>(
  backends: Backend | readonly Backend[],
  body: () => T,
  options: UseBackendOptions = {},
): T {
  checkCall('withBackend', arguments, ['backends', 'body'], useBackendOptions);
  const { strict = currentContext().chosen.strict } = options;
  const wanted = candidatesOf(backends, 'withBackend');
  if (wanted.length === 0) throw new BackendError('withBackend: there is no backend in the list; name at least one');
  for (const backend of wanted) needStarted('withBackend', backend);
  return inContext(
    'withBackend',
    (context) => {
      context.chosen = { backends: [...new Set([...wanted, ...context.chosen.backends])], strict };
    },
    body,
  );
}

/** Throws where no tensor can go to a backend. */
export function needStarted(op: string, backend: Backend): void {
  needBackend(backend, op, 'the backend');
  if (backend.isStopped) throw backend.stoppedError();
  if (!backend.started) {
    throw new BackendError(`${op}: the ${backend.name} backend is not started; pass it to useBackend first`);
  }
}

/** Every backend that `useBackend` has started and that somebody for {@link coverage}. */
export function startedBackends(): readonly Backend[] {
  return inUse.map((started) => started.deref()).filter((backend) => backend?.started === true) as Backend[];
}
