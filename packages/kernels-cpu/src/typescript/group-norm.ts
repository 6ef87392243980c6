// Layer, group, instance and root-mean-square norm: each group of each example by its own statistics.

import { normalizeGroups, normalizeGroupsGrad, type Shape, type TypedArray } from '@dl/autograd';
import { kernel, scaleOf } from './kernel.js';

/** x [batch, groups, channels, inner]: a group of one example is `length` neighbours. */
function sizesOf(shape: Shape) {
  const [batch, groups, channels, inner] = shape as readonly [number, number, number, number];
  return { rows: batch * groups, groups, channels, inner, length: channels * inner };
}

/** The mean of a group (0 where none is taken off), and 1 / √(mean square of what is left + eps). */
function statisticsOf(x: TypedArray, start: number, length: number, eps: number, center: boolean): [number, number] {
  const end = start + length;
  let mean = 0;
  if (center) {
    for (let i = start; i < end; i++) mean += x[i]!;
    mean /= length;
  }
  let squares = 0;
  for (let i = start; i < end; i++) squares += (x[i]! - mean) ** 2;
  return [mean, scaleOf(squares / length + eps)];
}

export const normalizeGroupsKernel = kernel(normalizeGroups, ({ x, weight, bias, y }, { eps, center }) => {
  const { rows, groups, channels, inner, length } = sizesOf(x.shape);
  for (let row = 0; row < rows; row++) {
    const [mean, scale] = statisticsOf(x.data, row * length, length, eps, center);
    let i = row * length;
    for (let c = (row % groups) * channels, end = c + channels; c < end; c++) {
      const factor = scale * (weight === undefined ? 1 : weight.data[c]!);
      const shift = bias === undefined ? 0 : bias.data[c]!;
      for (const last = i + inner; i < last; i++) y.data[i] = (x.data[i]! - mean) * factor + shift;
    }
  }
});

export const normalizeGroupsGradKernel = kernel(
  normalizeGroupsGrad,
  ({ g, x, weight, gx, gWeight, gBias }, { eps, center }) => {
    const { rows, groups, channels, inner, length } = sizesOf(x.shape);
    const weightSums = new Float64Array(gWeight.size);
    const biasSums = new Float64Array(gBias.size);
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      const [mean, scale] = statisticsOf(x.data, start, length, eps, center);
      const first = (row % groups) * channels;
      // Σ ĝ and Σ ĝ x̂ over the group, with ĝ = g · weight.
      let [sum, along] = [0, 0];
      for (let c = first, i = start; c < first + channels; c++) {
        let [plain, product] = [0, 0];
        for (const last = i + inner; i < last; i++) {
          plain += g.data[i]!;
          product += g.data[i]! * (x.data[i]! - mean) * scale;
        }
        weightSums[c]! += product;
        biasSums[c]! += plain;
        const factor = weight === undefined ? 1 : weight.data[c]!;
        sum += plain * factor;
        along += product * factor;
      }
      const meanOfG = center ? sum / length : 0;
      for (let c = first, i = start; c < first + channels; c++) {
        const factor = weight === undefined ? 1 : weight.data[c]!;
        for (const last = i + inner; i < last; i++) {
          const normal = (x.data[i]! - mean) * scale;
          gx.data[i] = scale * (g.data[i]! * factor - meanOfG - (normal * along) / length);
        }
      }
    }
    gWeight.data.set(weightSums);
    gBias.data.set(biasSums);
  },
);
