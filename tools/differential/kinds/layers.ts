// Every layer that PyTorch has too, with random options and shapes.

import { gradients, scope, Tensor } from '@dl/autograd';
import * as layers from '@dl/layers';
import { differOnlyWhere } from '../compare.js';
import { type Kind, type Numbers, type Outcome, plainList, type Tolerance } from '../kind.js';
import type { Random } from '../random.js';
import { type Drawn, draws } from './layers-draws.js';
import { type DType, isGiven, toTensor, weighted } from './tensors.js';

interface Case extends Drawn {
  readonly dtype: DType;
  /** PyTorch's name. */
  readonly layer: string;
  readonly isTraining: boolean;
}

function draw(r: Random): Case {
  const layer = r.pick(Object.keys(draws));
  const isTraining = layer !== 'RReLU' && r.chance(0.7);
  return { dtype: r.pick(['float32', 'float64']), layer, isTraining, ...draws[layer]!(r) };
}

/** What a parameter or buffer is filled with: the same on both sides. */
const filling = (name: string, place: number, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => {
    const value = (((i * 7 + place * 5) % 13) - 6) / 8;
    return name.endsWith('running_var') ? Math.abs(value) + 0.25 : value;
  });

const OWN: Readonly<Record<string, string>> = { LPPool1d: 'LpPool1d', LPPool2d: 'LpPool2d' };
const WITH_DTYPE = /Conv|Norm[123]?d?$|inear$|Embedding|PReLU/;

function make({ dtype, layer, args, options }: Case): layers.AnyModule {
  const classes = layers as unknown as Record<string, new (...args: readonly unknown[]) => layers.AnyModule>;
  const hasDType = WITH_DTYPE.test(layer) && layer !== 'LocalResponseNorm' && layer !== 'RReLU';
  const given = { ...options, ...(hasDType && { dtype }) };
  return new classes[OWN[layer] ?? layer]!(...args, ...(Object.keys(given).length > 0 ? [given] : []));
}

function run(given: Case): Outcome {
  using _ = scope();
  using model = make(given);
  if (!given.isTraining) model.eval();
  const state = Object.entries(model.stateDict()).filter(([, value]) => value.dtype !== 'int32');
  state.sort(([a], [b]) => (a < b ? -1 : 1));
  model.loadStateDict(
    Object.fromEntries([
      ...Object.entries(model.stateDict()),
      ...state.map(([name, value], place) => {
        const data = filling(name, place, value.size);
        return [name, { shape: value.shape, data: given.dtype === 'float64' ? data : Float32Array.from(data) }];
      }),
    ]) as never,
  );
  const inputs = given.inputs.map((value) => (isGiven(value) ? toTensor(value, given.dtype) : value));
  const y = (model as unknown as { forward(...inputs: readonly unknown[]): Tensor }).forward(...inputs);
  const outcome: Record<string, Numbers> = { y: plainList(y.dataSync()), shape: [...y.shape] };
  const leaves = [
    ...inputs.flatMap((x, i): [string, Tensor][] => (x instanceof Tensor && x.requiresGrad ? [[`input${i}`, x]] : [])),
    ...model.namedParameters(),
  ];
  const found = gradients(
    weighted(y),
    leaves.map(([, leaf]) => leaf),
    { allowUnused: true },
  );
  leaves.forEach(([name, leaf], i) => {
    outcome[`gradient of ${name}`] = plainList(found[i]?.dataSync() ?? new Float64Array(leaf.size));
  });
  for (const [name, value] of Object.entries(model.stateDict())) {
    if (model.buffers().includes(value)) outcome[name] = plainList(value.dataSync());
  }
  return outcome;
}

const tolerance = ({ dtype }: Case): Tolerance =>
  dtype === 'float64' ? { rtol: 1e-9, atol: 1e-10 } : { rtol: 2e-5, atol: 1e-5 };

export const layersKind: Kind<Case> = {
  name: 'layers',
  draw,
  run,
  tolerance,
  reason(given, ours, theirs) {
    const { layer, options = {}, inputs } = given;
    const only = (expected: (here: Numbers, there: Numbers, name: string) => boolean): boolean =>
      differOnlyWhere(ours, theirs, tolerance(given), expected);
    const refused = 'error' in theirs ? String(theirs['error']) : '';
    if (refused.includes('smaller than kernel size')) {
      return "PyTorch 1.13's AvgPool3d refuses windows that fit with padding or ceilMode, where its AvgPool2d takes them";
    }
    if (refused.includes('Invalid padding size') && options['paddingMode'] === 'circular') {
      return "PyTorch 1.13's circular padding of a convolution needs a batch";
    }
    if (layer === 'GroupNorm' && refused.includes('more than 1 value per channel')) {
      return 'PyTorch refuses GroupNorm of one example with one place, which has a value';
    }
    if (layer === 'Hardswish' && only((here, there) => Math.abs(Number(here) / Number(there)) === 1.5)) {
      return "PyTorch's Hardswish has at 3 the slope from the left, or in its vector code that from the right";
    }
    if (layer === 'Upsample' && keepsLength(given)) {
      return 'PyTorch 1.13 copies an axis whose length stays, whatever the scaleFactor: in the gradient, or in both';
    }
    if (layer.startsWith('LPPool') && only((here, _, name) => here === 0 && name.startsWith('gradient'))) {
      return 'PyTorch takes the slope of x at 0 for that of |x| in LPPool';
    }
    if (layer.startsWith('LPPool') && options['ceilMode'] === true && only((_, __, name) => name !== 'shape')) {
      return 'PyTorch counts what a window of LPPool has outside as much as what it has inside';
    }
    const isNear = (a: Numbers, b: Numbers): boolean => Math.abs(Number(a) - Number(b)) < 1e-6;
    if (['Hardsigmoid', 'CELU'].includes(layer) && only(isNear)) {
      return "PyTorch's Hardsigmoid and CELU have a factor in single precision in their gradients";
    }
    const isSpecial = inputs.some((x) => isGiven(x) && x.data.some((value) => typeof value === 'string'));
    if (isSpecial && only((here, there) => here === 'nan' && there !== 'nan')) {
      return 'what comes of NaN, and its gradient, is NaN, where PyTorch 1.13 takes it for a number';
    }
    if (isSpecial && layer === 'Bilinear' && only((_, there) => there === 'nan')) {
      return 'infinity times a sum, where PyTorch has a sum of infinity times 0';
    }
    return undefined;
  },
};

/** Whether an axis is as long as it was, although it is scaled. */
function keepsLength({ options = {}, inputs }: Case): boolean {
  const scale = options['scaleFactor'] as number | undefined;
  const [x] = inputs;
  return scale !== undefined && scale !== 1 && isGiven(x) && x.shape.slice(2).some((n) => Math.floor(n * scale) === n);
}
