// Attention by its definition, one number after the other, as kernels for the CPU backend: the forward with its log-sum-exp.

import { cpuBuffer } from '@dl/kernels-cpu';
import {
  defineKernel,
  Generator,
  type KernelEntry,
  type KernelTensor,
  scaledDotProductAttention,
} from '../src/index.js';

const valuesOf = ({ handle }: KernelTensor): Float32Array => cpuBuffer(handle).values as Float32Array;

/** One element of a mask or bias, which is broadcast. */
function elementAt({ shape, handle }: KernelTensor, place: readonly number[]): number {
  const at = shape.reduce((at, length, axis) => at * length + (length === 1 ? 0 : place[axis]!), 0);
  return cpuBuffer(handle).values[at]!;
}

/** A kernel for attention; `asked` hears each time whether lse is wanted. */
export const referenceKernel = (asked: (lse: boolean) => void = () => undefined): KernelEntry =>
  defineKernel(scaledDotProductAttention, ({ q, k, v, mask, bias, y, lse }, attrs) => {
    asked(lse !== undefined);
    const [batch, heads, queries, features] = q.shape as [number, number, number, number];
    const [keyHeads, keys, width] = [k.shape[1]!, k.shape[2]!, v.shape[3]!];
    const [qs, ks, vs, ys] = [valuesOf(q), valuesOf(k), valuesOf(v), valuesOf(y)];
    const random = new Generator(attrs.seed).skip(attrs.position);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const keyHead = b * keyHeads + Math.floor((h * keyHeads) / heads);
        for (let i = 0; i < queries; i++) {
          const row = (b * heads + h) * queries + i;
          const scores = Array.from({ length: keys }, (_, j) => {
            const distance = j - i - attrs.offset;
            if (attrs.causal && distance > 0) return -Infinity;
            if (attrs.window > 0 && Math.abs(distance) >= attrs.window) return -Infinity;
            if (mask !== undefined && elementAt(mask, [b, h, i, j]) === 0) return -Infinity;
            let score = 0;
            for (let f = 0; f < features; f++)
              score += qs[row * features + f]! * ks[(keyHead * keys + j) * features + f]!;
            score *= attrs.scale;
            if (attrs.softcap > 0) score = attrs.softcap * Math.tanh(score / attrs.softcap);
            return bias === undefined ? score : score + elementAt(bias, [b, h, i, j]);
          });
          const most = Math.max(...scores);
          const powers = scores.map((score) => (most === -Infinity ? 0 : Math.exp(score - most)));
          const total = powers.reduce((a, b) => a + b, 0);
          const weights = powers.map((power) => {
            if (attrs.dropoutP > 0 && random.uniform() < attrs.dropoutP) return 0;
            return total === 0 ? 0 : power / total / (1 - attrs.dropoutP);
          });
          for (let f = 0; f < width; f++) {
            ys[row * width + f] = weights.reduce(
              (sum, weight, j) => sum + weight * vs[(keyHead * keys + j) * width + f]!,
              0,
            );
          }
          if (lse !== undefined) valuesOf(lse)[row] = total === 0 ? -Infinity : most + Math.log(total);
        }
      }
    }
  });
