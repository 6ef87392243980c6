// Scalar operands.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { TfjsRun } from '../run.js';

export function scalar(tf: TfjsRun, value: number): TensorInfo {
  return tf.constant(Float32Array.of(value), [], 'float32');
}
