// Whether something is a state of `fit`: it may come from a file that was damaged, or made by somebody else.

import { dtypeInfo, dtypes } from '@dl/autograd';
import type { AveragingState } from '../loop/averaging.js';
import type { Position, SavedArray, Sources, TrainState } from './state.js';

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isWhole: Check = Number.isSafeInteger;
const isNumber: Check = (value) => typeof value === 'number';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** An object with at least these properties. */
const like =
  <T>(checks: { readonly [Name in keyof T]-?: Check }): Check =>
  (value) =>
    isRecord(value) &&
    Object.entries<Check>(checks).every(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined));

const isSaved: Check = (value) => {
  if (!isRecord(value)) return false;
  const { data, shape, dtype } = value as Partial<SavedArray>;
  if (dtype === undefined || !dtypes.includes(dtype) || !(data instanceof dtypeInfo(dtype).array)) return false;
  return Array.isArray(shape) && shape.every(isCount) && shape.reduce((size, side) => size * side, 1) === data.length;
};
const areSaved: Check = (value) => isRecord(value) && Object.values(value).every(isSaved);

const isPosition = like<Position>({
  epoch: isCount,
  step: isCount,
  totalSteps: isCount,
  isTesting: (value) => typeof value === 'boolean',
  seconds: (value) => Number.isFinite(value) && (value as number) >= 0,
});
const isSources = like<Sources>({
  generator: like<Sources['generator']>({ seed: isWhole, position: isCount }),
  data: orNull(isRecord),
  test: orNull(isRecord),
});
const sums = { loss: isNumber, count: isNumber, right: isNumber, answers: isNumber };
const isMeter = like<TrainState['meter']>({
  told: like<TrainState['meter']['told']>(sums),
  since: like<TrainState['meter']['since']>({
    ...sums,
    steps: isCount,
    bad: orNull(like<{ step: number; loss: number }>({ step: isCount, loss: isNumber })),
  }),
});
const isWatch = like<TrainState['watch']>({
  best: orNull(like<{ epoch: number; score: number }>({ epoch: isCount, score: isNumber })),
  stopping: isRecord,
  weights: orNull(areSaved),
});

const isAveraging = like<AveragingState>({
  weights: isRecord,
  epoch: isCount,
  buffers: orNull((buffers) => Array.isArray(buffers) && buffers.every(isSaved)),
});

/** Whether all parts are there, and of the kinds that they should be. Whether they fit the run is for those to say that take them. */
export const isTrainState = (value: unknown, format: string): value is TrainState =>
  like<TrainState>({
    format: (name) => name === format,
    position: isPosition,
    sources: isSources,
    meter: isMeter,
    model: areSaved,
    optimizer: isRecord,
    schedule: () => true,
    watch: isWatch,
    averaging: (means) => means === null || means === undefined || isAveraging(means),
  })(value);
