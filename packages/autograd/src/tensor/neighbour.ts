// The floats beside a float: for intervals that leave a bound out, where rounding would reach it.

import { bytesPerElement, type DType, dtypeInfo } from './dtype.js';

const float32 = new Float32Array(1);
const bits32 = new Uint32Array(float32.buffer);
const float64 = new Float64Array(1);
const bits64 = new BigUint64Array(float64.buffer);

/** The next float above or below x, which is finite and one of that dtype. */
export function neighbour(x: number, direction: 'above' | 'below', dtype: DType): number {
  // The smallest floats stand on both sides of 0; elsewhere floats of one sign are ordered as their bits are.
  const isLarger = direction === (x < 0 ? 'below' : 'above');
  if (x === 0) return (isLarger ? 1 : -1) * dtypeInfo(dtype).smallest;
  if (bytesPerElement(dtype) === 4) {
    float32[0] = x;
    bits32[0]! += isLarger ? 1 : -1;
    return float32[0];
  }
  float64[0] = x;
  bits64[0]! += isLarger ? 1n : -1n;
  return float64[0];
}
