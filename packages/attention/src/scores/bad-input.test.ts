// What the scores say about what does not fit.

import { randn, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import {
  AdditiveAttention,
  CoverageAttention,
  LocalAttention,
  LocationAwareAttention,
  LuongAttention,
  ScaledDotProductAttention,
} from '../index.js';

beforeAll(() => useBackend(cpu()));

const score = (): AdditiveAttention => new AdditiveAttention(4, 6, 3);
const [query, keys] = [() => randn([2, 3, 4]), () => randn([2, 5, 6])];

test.each<[() => unknown, string]>([
  [() => new AdditiveAttention(0, 4, 3), 'AdditiveAttention: queryDim is 0, needs a whole number of at least 1'],
  [() => new AdditiveAttention(4, 4, 1.5), 'AdditiveAttention: units is 1.5, needs a whole number of at least 1'],
  [
    () => new AdditiveAttention(4, 4, 3, { dropout: 2 }),
    'AdditiveAttention: dropout is 2, needs a probability from 0 to 1',
  ],
  [
    () => new LuongAttention(4, 6, { score: 'dot' }),
    "LuongAttention: queries have 4 features and keys 6, and 'dot' needs as many; 'general' has a map between them",
  ],
  [
    () => new LuongAttention(4, 6, { units: 3 }),
    "LuongAttention: units are for score 'concat', and it is 'general'; leave them out",
  ],
  [() => new LuongAttention(4, 6, { score: 'sum' as never }), "score is 'sum', needs 'dot', 'general' or 'concat'"],
  [
    () => new LocalAttention({} as never, 2),
    'LocalAttention: the score is an object of nothing, needs one that compares queries with keys, such as new LuongAttention(8, 8)',
  ],
  [
    () => new LocalAttention(new LocationAwareAttention(4, 4, 3), 2),
    'LocalAttention: the score is a LocationAwareAttention, which looks at its own former weights',
  ],
  [() => new LocalAttention(score(), 0), 'LocalAttention: window is 0, needs a whole number of at least 1'],
  [
    () => new LocalAttention(score(), 2, { units: 3 }),
    "LocalAttention: units are for alignment 'predictive'; leave them out",
  ],
  [
    () => new LocationAwareAttention(4, 4, 3, { kernelSize: 4 }),
    'LocationAwareAttention: kernelSize is 4, needs an odd number',
  ],
  [
    () => score().forward(randn([2, 4]), keys()),
    'AdditiveAttention: query is [2, 4], needs [batch, queries, 4]; one step is one query, x.unsqueeze(1)',
  ],
  [() => score().forward(randn([2, 3, 5]), keys()), 'AdditiveAttention: query is [2, 3, 5], needs [batch, queries, 4]'],
  [() => score().forward(query(), randn([2, 5, 4])), 'AdditiveAttention: keys are [2, 5, 4], needs [batch, length, 6]'],
  [() => score().forward(query(), randn([2, 0, 6])), 'AdditiveAttention: keys are [2, 0, 6], needs at least one'],
  [
    () => score().forward(query(), randn([3, 5, 6])),
    'AdditiveAttention: queries are for 2 sequences and keys for 3; needs as many',
  ],
  [
    () => new ScaledDotProductAttention(4).forward(randn([2, 3, 4], { dtype: 'float64' }), randn([2, 5, 4])),
    "ScaledDotProductAttention: queries are float64 and the source float32; cast one with .cast('float64')",
  ],
  [
    () => score().forward(query(), keys(), { values: randn([2, 4, 6]) }),
    'AdditiveAttention: values are [2, 4, 6], needs [2, 5, features], one for each key',
  ],
  [() => score().forward(query(), keys(), { lengths: [5] }), 'AdditiveAttention: 1 length comes with 2 sources'],
  [() => score().forward(query(), keys(), { lengths: [5, 6] }), 'a length is 6, needs a whole number from 1 to 5'],
  [() => score().forward(query(), keys(), { lengths: [0, 5] }), 'a length is 0, needs a whole number from 1 to 5'],
  [
    () => score().forward(query(), keys(), { mask: zeros([2, 3, 5]) }),
    'AdditiveAttention: mask is float32, needs bool, true where a query may look',
  ],
  [
    () => score().forward(query(), keys(), { mask: tensor([true, false, true]) }),
    'AdditiveAttention: mask is [3], which does not broadcast to [2, 3, 5], [batch, queries, length]',
  ],
  [
    () => score().forward(query(), keys(), { mask: zeros([1, 2, 3, 5], { dtype: 'bool' }) }),
    'AdditiveAttention: mask is [1, 2, 3, 5], which does not broadcast',
  ],
  [
    () => score().forward(query(), score().project(keys())),
    'AdditiveAttention: the source was projected by another score; needs what project() of this one gives',
  ],
  [
    () => {
      const own = score();
      return own.forward(query(), own.project(keys()), { lengths: [5, 2] });
    },
    'AdditiveAttention: got lengths with a source that is projected already; give them to project()',
  ],
  [
    () => score().forward(query(), keys(), { state: { weights: zeros([2, 5]) } }),
    'AdditiveAttention: the state has { weights }, needs {  }, as a former call gave it',
  ],
  [
    () => new LocationAwareAttention(4, 6, 3).forward(query(), keys(), { state: {} }),
    'LocationAwareAttention: the state has {  }, needs { weights }, as a former call gave it',
  ],
  [
    () => new LocationAwareAttention(4, 6, 3).forward(query(), keys(), { state: { weights: zeros([2, 4]) } }),
    "LocationAwareAttention: the state's weights is [2, 4] float32, needs [2, 5] float32; it is of another source",
  ],
  [
    () => new CoverageAttention(4, 6, 3).forward(query(), keys(), { state: { weights: zeros([2, 5]) } }),
    'CoverageAttention: the state has { weights }, needs { coverage }, as a former call gave it',
  ],
  [
    () => new LocalAttention(new CoverageAttention(4, 6, 3), 2),
    'LocalAttention: the score is a CoverageAttention, which looks at its own former weights',
  ],
  [() => new CoverageAttention(4, 6, 0), 'CoverageAttention: units is 0, needs a whole number of at least 1'],
  [
    () => score().forward(query(), keys(), { length: [5, 2] } as never),
    'there is no option length; did you mean lengths?',
  ],
  [
    () => new LocalAttention(new LocalAttention(score(), 1, { alignment: 'predictive' }), 5),
    'LocalAttention: the score is a LocalAttention itself, whose window would be lost; give the score within it',
  ],
  [
    () => new LocalAttention(score(), 2, { renormalize: false }),
    "LocalAttention: renormalize is for alignment 'predictive'; leave it out",
  ],
])('%s', (run, message) => {
  expect(run).toThrow(message);
});
