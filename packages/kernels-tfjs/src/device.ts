// The backend of TensorFlow.js that is used: found, started, and held on to whatever becomes its current one.

import { BackendError, type TypedArray } from '@dl/autograd';
import * as tf from '@tensorflow/tfjs-core';

const MAJOR = '4';

/** Kernels that give wrong numbers, so that they count as missing. Tests show that they still do. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  // Passes NaN over, and finds nothing among infinities.
  cpu: ['MaxPoolWithArgmax'],
  // Looks for the largest from 1e-38 on, so that negative numbers and zeros never are.
  wasm: ['MaxPoolWithArgmax'],
  // A GPU's own may be off by 2^-11, and lose more for large angles. Powers and remainders are NaN where they are not, and numbers where
  // they are NaN.
  webgl: ['Sin', 'Cos', 'Pow', 'Mod'],
  webgpu: ['Sin', 'Cos'],
};

/**
 * The number of axes that the kernels of a backend take. Beyond it WebAssembly's return memory that nobody wrote, and those of
 * WebGL throw; of backends that are not here the least is expected.
 */
const MAX_AXES: Readonly<Record<string, number>> = { cpu: Infinity, wasm: 6 };
const LEAST_MAX_AXES = 4;

/** A backend of TensorFlow.js with its kernels, which are called directly: no tape, no look-up, no change of backend. */
export class Device {
  readonly name: string;
  /** The number of axes that its kernels take. */
  readonly maxAxes: number;
  readonly #backend: tf.KernelBackend;
  readonly #kernels: ReadonlyMap<string, tf.KernelFunc>;

  constructor(name: string, backend: tf.KernelBackend) {
    this.name = name;
    this.maxAxes = MAX_AXES[name] ?? LEAST_MAX_AXES;
    this.#backend = backend;
    const kernels = tf.getKernelsForBackend(name).filter(({ kernelName }) => !WRONG[name]?.includes(kernelName));
    this.#kernels = new Map(kernels.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]));
  }

  /** Whether it still is what TensorFlow.js has under this name: neither `removeBackend` nor a reset took it away. */
  get isAlive(): boolean {
    return tf.engine().registry[this.name] === this.#backend;
  }

  /** The backend; throws when it is gone. */
  get backend(): tf.KernelBackend {
    if (!this.isAlive) {
      throw new BackendError(
        `tfjs: the '${this.name}' backend of TensorFlow.js was removed or reset, and its tensors with it; start anew with useBackend(tfjs())`,
      );
    }
    return this.#backend;
  }

  /** A kernel by TensorFlow.js's name for it, or undefined where this backend has none. */
  kernel(name: string): tf.KernelFunc | undefined {
    return this.#kernels.get(name);
  }

  /** A tensor that counts in `tf.memory()`, and that no `tf.tidy` takes away; it takes over the reference of `info`. */
  track(info: tf.TensorInfo): tf.Tensor {
    const tensor = info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info, this.backend);
    return tf.keep(tensor);
  }

  /** Values as data of the device, which may keep the array. */
  store(values: TypedArray, shape: readonly number[], dtype: 'float32' | 'int32' | 'bool'): tf.TensorInfo {
    const dataId = this.backend.write(values as Exclude<TypedArray, Float64Array>, [...shape], dtype);
    return { dataId, shape: [...shape], dtype };
  }

  /** Another reference to the same data. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.backend.incRef(dataId);
    return { dataId, shape, dtype };
  }
}

/**
 * Starts a backend of TensorFlow.js: the one with this name, else its current one, else the best of those that are
 * registered. It becomes TensorFlow.js's current one.
 */
export async function startDevice(name: string | undefined): Promise<Device> {
  checkVersion(tf.version_core);
  const engine = tf.engine();
  const registered = engine.backendNames();
  if (registered.length === 0) {
    throw new BackendError(
      'TensorFlow.js has no backend; install one and import it before useBackend, for example @tensorflow/tfjs-backend-wasm',
    );
  }
  if (name !== undefined && !registered.includes(name)) {
    throw new BackendError(
      `TensorFlow.js has no backend '${name}', only ${registered.join(', ')}; import the package that brings it before useBackend`,
    );
  }
  const isStarted = await (name === undefined ? startBest() : tf.setBackend(name)).catch((error: Error) => error);
  const chosen = name ?? tf.getBackend();
  const backend = isStarted === true ? engine.registry[chosen] : undefined;
  if (backend === undefined) {
    const which = name === undefined ? 'its best backend' : `the backend '${name}'`;
    const reason = isStarted instanceof Error ? `: ${isStarted.message}` : ', and TensorFlow.js has printed why';
    throw new BackendError(`${which} did not start${reason}; mend that, or use another`);
  }
  return new Device(chosen, backend);
}

async function startBest(): Promise<boolean> {
  await tf.ready();
  return true;
}

/** Kernels and their attributes are the contract between us, and they belong to a major version. */
function checkVersion(version: string): void {
  if (version.split('.')[0] === MAJOR) return;
  throw new BackendError(
    `@tensorflow/tfjs-core is version ${version}, needs ${MAJOR}; install @tensorflow/tfjs-core@${MAJOR} and backends of that version`,
  );
}
