// Batch normalisation: each channel by its statistics over all examples, or by given ones.

import { normalizeBatch, normalizeBatchGrad, normalizeChannels } from '@dl/autograd';
import { kernel, scaleOf, type Values } from './kernel.js';

/** Calls `run` for every run of neighbours that belong to a channel: one in each example. */
function forEachSpan({ shape }: Values, channel: number, span: (start: number, end: number) => void): void {
  const [batch, channels, inner] = shape as readonly [number, number, number];
  for (let n = 0; n < batch; n++) {
    const start = (n * channels + channel) * inner;
    span(start, start + inner);
  }
}

/** The mean and the biased variance of a channel. */
function statisticsOf(x: Values, channel: number): [mean: number, variance: number] {
  const count = x.size / x.shape[1]!;
  let sum = 0;
  forEachSpan(x, channel, (start, end) => {
    for (let i = start; i < end; i++) sum += x.data[i]!;
  });
  const mean = sum / count;
  let squares = 0;
  forEachSpan(x, channel, (start, end) => {
    for (let i = start; i < end; i++) squares += (x.data[i]! - mean) ** 2;
  });
  return [mean, squares / count];
}

export const normalizeBatchKernel = kernel(normalizeBatch, ({ x, weight, bias, y, mean, variance }, { eps }) => {
  for (let c = 0; c < mean.size; c++) {
    const [m, v] = statisticsOf(x, c);
    mean.data[c] = m;
    variance.data[c] = v;
    const factor = (weight === undefined ? 1 : weight.data[c]!) * scaleOf(v + eps);
    const shift = bias === undefined ? 0 : bias.data[c]!;
    forEachSpan(x, c, (start, end) => {
      for (let i = start; i < end; i++) y.data[i] = (x.data[i]! - m) * factor + shift;
    });
  }
});

export const normalizeBatchGradKernel = kernel(
  normalizeBatchGrad,
  ({ g, gMean, gVariance, x, weight, gx, gWeight, gBias }, { eps }) => {
    const count = x.size / x.shape[1]!;
    for (let c = 0; c < gBias.size; c++) {
      const [mean, variance] = statisticsOf(x, c);
      const scale = scaleOf(variance + eps);
      let [sum, along] = [0, 0];
      forEachSpan(x, c, (start, end) => {
        for (let i = start; i < end; i++) {
          sum += g.data[i]!;
          along += g.data[i]! * (x.data[i]! - mean) * scale;
        }
      });
      gWeight.data[c] = along;
      gBias.data[c] = sum;
      const factor = scale * (weight === undefined ? 1 : weight.data[c]!);
      const constant = (gMean.data[c]! - factor * sum) / count;
      const slope = (2 * gVariance.data[c]! - factor * scale * along) / count;
      forEachSpan(x, c, (start, end) => {
        for (let i = start; i < end; i++) gx.data[i] = factor * g.data[i]! + slope * (x.data[i]! - mean) + constant;
      });
    }
  },
);

export const normalizeChannelsKernel = kernel(normalizeChannels, ({ x, mean, variance, weight, bias, y }, { eps }) => {
  for (let c = 0; c < mean.size; c++) {
    const m = mean.data[c]!;
    const factor = (weight === undefined ? 1 : weight.data[c]!) / Math.sqrt(variance.data[c]! + eps);
    const shift = bias === undefined ? 0 : bias.data[c]!;
    forEachSpan(x, c, (start, end) => {
      for (let i = start; i < end; i++) y.data[i] = (x.data[i]! - m) * factor + shift;
    });
  }
});
