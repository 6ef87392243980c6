// Tensors to and from TensorFlow.js: the same data under two names, where both live on one device.

import {
  BackendError,
  checkCall,
  currentBackend,
  DTypeError,
  isInstance,
  type Known,
  refuseOtherCopy,
  type Tensor,
  tensor,
} from '@dl/autograd';
import * as tf from '@tensorflow/tfjs-core';
import { TfjsBackend } from './backend.js';
import { isTfjsDType } from './buffer.js';
import { adopt } from './kernels/adopt.js';
import { TfjsRun } from './run.js';

export interface FromTfjsOptions {
  /** Where the tensor is to live. Default: the backend in use. */
  readonly backend?: TfjsBackend;
}

const fromTfjsOptions: Known<FromTfjsOptions> = { backend: 'backend' };

/**
 * A tensor of `@dl` with the data of a tensor of TensorFlow.js: nothing is copied where both live on one device. Each
 * has its own life: dispose of either, and the other stays.
 *
 * @throws BackendError when the backend in use is not a `tfjs()`, or the tensor was disposed of.
 * @throws DTypeError for `complex64` and `string`.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { useBackend } from '@dl/autograd';
 * import { fromTfjs, tfjs, toTfjs } from '@dl/kernels-tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * await useBackend(tfjs());
 * const x = fromTfjs(tf.tensor2d([[1, 2], [3, 4]]));
 * const y = toTfjs(x.matmul(x));
 * console.log(y.arraySync()); // [[7, 10], [15, 22]]
 * ```
 */
export function fromTfjs(source: tf.Tensor, options: FromTfjsOptions = {}): Tensor {
  checkCall('fromTfjs', arguments, ['source'], fromTfjsOptions);
  const { backend } = options;
  const target = backend ?? currentBackend();
  if (!isInstance(target, TfjsBackend, 'fromTfjs', 'the backend')) {
    throw new BackendError(
      `fromTfjs: the backend in use is ${target.name}; choose tfjs() with useBackend, or pass one as { backend }`,
    );
  }
  if (!(source instanceof tf.Tensor))
    throw new BackendError(
      'fromTfjs: got no tensor of TensorFlow.js; make one with tf.tensor, or use one copy of @tensorflow/tfjs-core',
    );
  if (source.isDisposed)
    throw new BackendError('fromTfjs: the tensor was disposed of; convert it before, or keep it with tf.keep');
  if (source.dtype !== 'float32' && source.dtype !== 'int32' && source.dtype !== 'bool') {
    throw new DTypeError(`fromTfjs: the tensor is ${source.dtype}, needs float32, int32 or bool`);
  }
  const isHere = target.device.backend.refCount(source.dataId) > 0;
  if (!isHere)
    return tensor({ data: source.dataSync(), shape: source.shape }, { dtype: source.dtype, backend: target });
  const place = tensor(0, { backend: target });
  try {
    return adopt.run({ place }, { source });
  } finally {
    place.dispose();
  }
}

/**
 * A tensor of TensorFlow.js with the data of a tensor of @dl, of which nothing is copied when it lives on a `tfjs()`; from
 * another backend, a copy on TensorFlow.js's current one. It is yours to dispose of (or your `tf.tidy`'s), and has no gradient.
 *
 * @throws DTypeError for a dtype that TensorFlow.js lacks, such as `float64`.
 */
export function toTfjs(x: Tensor): tf.Tensor {
  checkCall('toTfjs', arguments, ['x']);
  refuseOtherCopy(x, 'toTfjs', 'the tensor');
  const { backend, dtype } = x;
  if (!isTfjsDType(dtype))
    throw new DTypeError(`toTfjs: the tensor is ${dtype}, which TensorFlow.js lacks; cast to float32`);
  if (!(backend instanceof TfjsBackend)) return tf.tensor(x.dataSync(), [...x.shape], dtype);
  const run = new TfjsRun(backend.device);
  return tf.engine().makeTensorFromTensorInfo(run.take(run.info(x)), backend.device.backend);
}
