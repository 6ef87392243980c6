// The lines of the generic layer test for norms.

import * as layers from '../src/index.js';
import type { LayerCase } from './layer-case.js';

export const normCases: Readonly<Record<string, readonly LayerCase[]>> = {
  LayerNorm: [
    { make: (o) => new layers.LayerNorm(4, o), input: [2, 3, 4], output: [2, 3, 4], prints: 'LayerNorm(4)' },
    {
      make: (o) => new layers.LayerNorm(4, { bias: false, ...o }),
      input: [2, 4],
      output: [2, 4],
      prints: 'LayerNorm(4, bias=false)',
    },
    {
      make: (o) => new layers.LayerNorm([3, 4], { eps: 0.01, elementwiseAffine: false, ...o }),
      input: [2, 3, 4],
      output: [2, 3, 4],
      prints: 'LayerNorm([3, 4], eps=0.01, elementwiseAffine=false)',
    },
  ],
  RMSNorm: [
    { make: (o) => new layers.RMSNorm([5], o), input: [4, 5], output: [4, 5], prints: 'RMSNorm(5)' },
    {
      make: (o) => new layers.RMSNorm([2, 5], { eps: 0.001, ...o }),
      input: [3, 2, 5],
      output: [3, 2, 5],
      prints: 'RMSNorm([2, 5], eps=0.001)',
    },
  ],
  GroupNorm: [
    {
      make: (o) => new layers.GroupNorm(2, 4, o),
      input: [3, 4, 2, 3],
      output: [3, 4, 2, 3],
      prints: 'GroupNorm(2, 4)',
    },
    {
      make: (o) => new layers.GroupNorm(1, 6, { affine: false, eps: 0.01, ...o }),
      input: [3, 6],
      output: [3, 6],
      prints: 'GroupNorm(1, 6, eps=0.01, affine=false)',
    },
  ],
  InstanceNorm2d: [
    {
      make: (o) => new layers.InstanceNorm2d(2, o),
      input: [3, 2, 4, 3],
      output: [3, 2, 4, 3],
      prints: 'InstanceNorm2d(2)',
    },
    {
      make: (o) => new layers.InstanceNorm2d(2, { affine: true, ...o }),
      input: [3, 2, 4, 3],
      output: [3, 2, 4, 3],
      prints: 'InstanceNorm2d(2, affine=true)',
    },
    {
      make: (o) => new layers.InstanceNorm2d(2, { trackRunningStats: true, momentum: 0.5, ...o }),
      input: [3, 2, 4, 3],
      output: [3, 2, 4, 3],
      prints: 'InstanceNorm2d(2, momentum=0.5, trackRunningStats=true)',
      trainsDifferently: true,
    },
  ],
  BatchNorm1d: [
    {
      make: (o) => new layers.BatchNorm1d(5, o),
      input: [6, 5],
      output: [6, 5],
      prints: 'BatchNorm1d(5)',
      trainsDifferently: true,
    },
    {
      make: (o) => new layers.BatchNorm1d(3, { momentum: null, affine: false, ...o }),
      input: [4, 3, 7],
      output: [4, 3, 7],
      prints: 'BatchNorm1d(3, momentum=null, affine=false)',
      trainsDifferently: true,
    },
  ],
  BatchNorm2d: [
    {
      make: (o) => new layers.BatchNorm2d(3, { eps: 0.01, momentum: 0.3, ...o }),
      input: [2, 3, 4, 3],
      output: [2, 3, 4, 3],
      prints: 'BatchNorm2d(3, eps=0.01, momentum=0.3)',
      trainsDifferently: true,
    },
    {
      make: (o) => new layers.BatchNorm2d(2, { trackRunningStats: false, ...o }),
      input: [2, 2, 4, 3],
      output: [2, 2, 4, 3],
      prints: 'BatchNorm2d(2, trackRunningStats=false)',
    },
  ],
};
