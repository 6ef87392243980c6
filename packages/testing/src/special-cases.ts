// The samples of an op with special values: floats that are not finite or at the ends of their range, and integers at theirs.

import { type AnyOp, type DType, sizeOf } from '@dl/autograd';
import type { SampleCase } from '@dl/autograd/samples';
import { accepts, type Content, retyped, type Template, templateOf, valuesFor } from './generated-inputs.js';

/** Each is a float32. */
const FLOATS: readonly number[] = [
  ...[Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2, -2, 2.5, 3, -3, 7.25, -100],
  // Small: what an approximation near 0 loses, the smallest normal number, and one that is not normal.
  ...[0.49999997, 1e-3, -1e-3, 1e-10, -1e-10, 1e-20, 2 ** -126, -(2 ** -126), 1e-40],
  // Large: where halves, and then odd numbers, end; beyond the integers; near the largest.
  ...[2 ** 22 + 0.5, 2 ** 23 + 1, 2 ** 24 - 1, 1e8, -3e9, 1e20, -1e20, 3.4e38, -3.4e38],
].map(Math.fround);

/** Every size from 2^-40 to 2^40, of both signs, so many steps to an octave. */
function magnitudes(steps: number): readonly number[] {
  const sizes = Array.from({ length: Math.ceil(80 * steps) + 1 }, (_, i) => Math.fround(2 ** (i / steps - 40)));
  return sizes.flatMap((size) => [size, -size]);
}

/** Around 0, where products leave 24 bits and 32, where floats lose the odd ones, and the ends. */
const INTEGERS: readonly number[] = [
  ...[0, 1, -1, 2, -2, 3, -3, 7, 31, 256, -4097, 46_341, 65_537],
  ...[
    2 ** 24 - 1,
    2 ** 24 + 1,
    -(2 ** 24 + 1),
    123_456_789,
    2 ** 30 + 1,
    2 ** 31 - 2,
    2 ** 31 - 1,
    1 - 2 ** 31,
    -(2 ** 31),
  ],
];

/** What reaches others, in an op that puts several elements together. */
const NOT_FINITE: readonly number[] = [Number.NaN, Infinity, -Infinity];

const AXES = ['axis', 'axes', 'order', 'shape', 'starts', 'pads', 'length'];

export interface SpecialOptions {
  /** False leaves out numbers below 2^-126, for devices that have zeros in their place. */
  readonly subnormals: boolean;
  /** The largest whole number to try. */
  readonly largestInteger: number;
}

export interface SpecialCase {
  /** Made when it is needed. */
  readonly sample: () => SampleCase;
  /** Each element of the result depends on one element of each input, so that it can be judged beside them. */
  readonly isElementwise: boolean;
}

/** Cases with special values of a dtype; none where the op does not take it. */
export function specialCases(
  op: AnyOp,
  cases: readonly SampleCase[],
  dtype: 'float32' | 'int32' | 'bool',
  { subnormals, largestInteger }: SpecialOptions,
): SpecialCase[] {
  const values = valuesOf(dtype).filter((value) =>
    dtype === 'int32' ? Math.abs(value) <= largestInteger : subnormals || value === 0 || !(Math.abs(value) < 2 ** -126),
  );
  return differentAttrs(op, cases).flatMap((template): SpecialCase[] => {
    const contents = retyped(template.contents, dtype);
    const changed = contents.flatMap((content, i) => (content.dtype === dtype && !content.isIndex ? [i] : []));
    if (changed.length === 0 || accepts(op, template, contents) === undefined) return [];
    if (isElementwise(op, template, contents))
      return [{ sample: () => allPairs(op, template, contents, dtype, values), isElementwise: true }];
    const samples =
      dtype === 'float32' ? placed(template, contents, changed) : spread(template, contents, changed, values);
    return samples.map((sample) => ({ sample, isElementwise: false }));
  });
}

/** Cases with floats of every size; none for an op whose results do not each depend on one element of each input. */
export function magnitudeCases(op: AnyOp, cases: readonly SampleCase[]): (() => SampleCase)[] {
  return differentAttrs(op, cases).flatMap((template) => {
    const { contents } = template;
    if (!contents.some(({ dtype }) => dtype === 'float32') || !isElementwise(op, template, contents)) return [];
    const values = magnitudes(contents.length === 1 ? 4 : 0.47);
    return [() => allPairs(op, template, contents, 'float32', values)];
  });
}

/** Whether each element of the result depends on one element of each input, whatever the attributes. */
export function actsOnElements(op: AnyOp, cases: readonly SampleCase[]): boolean {
  return differentAttrs(op, cases).every((template) => isElementwise(op, template, template.contents));
}

function valuesOf(dtype: 'float32' | 'int32' | 'bool'): readonly number[] {
  return dtype === 'float32' ? FLOATS : dtype === 'int32' ? INTEGERS : [0, 1];
}

/** One sample for each choice of attributes. */
function differentAttrs(op: AnyOp, cases: readonly SampleCase[]): Template[] {
  const templates = new Map<string, Template>();
  for (const sample of cases) {
    const template = templateOf(op, sample);
    const key = JSON.stringify([template.attrs, template.contents.map(({ dtype }) => dtype)], (_, value) =>
      typeof value === 'number' ? String(value) : value,
    );
    if (!templates.has(key)) templates.set(key, template);
  }
  return [...templates.values()];
}

/** Each element of the result depends on one element of each input. */
function isElementwise(op: AnyOp, template: Template, contents: readonly Content[]): boolean {
  if (op.mutates !== undefined || op.slots.some(({ kind }) => kind !== 'one')) return false;
  if (AXES.some((name) => name in op.defaults) || contents.some(({ isIndex }) => isIndex)) return false;
  const takes = (shape: readonly number[]): boolean => {
    const outputs = accepts(
      op,
      template,
      contents.map((content) => ({ ...content, shape })),
    );
    return outputs?.length === 1 && `${outputs[0]!.shape}` === `${shape}`;
  };
  return takes([17]) && takes([2, 3, 5]);
}

/** Every combination of values in one case. */
function allPairs(
  op: AnyOp,
  template: Template,
  contents: readonly Content[],
  dtype: DType,
  values: readonly number[],
): SampleCase {
  const lists = contents.map((content) => {
    if (content.dtype !== dtype) return [0, 1];
    return isGradient(op) ? values.filter(within(content)) : values;
  });
  const count = sizeOf(lists.map(({ length }) => length));
  let repeats = count;
  const columns = lists.map((list) => {
    repeats /= list.length;
    return Array.from({ length: count }, (_, i) => list[Math.floor(i / repeats) % list.length]!);
  });
  return template.make(contents.map((content, i) => ({ ...content, shape: [count], values: columns[i]! })));
}

/** Inputs of a gradient's formula are results of another op: far outside its range they mean nothing. */
const isGradient = (op: AnyOp): boolean => op.outputNames[0] === 'dx';

function within({ source }: Content): (value: number) => boolean {
  const usual = valuesFor(source, [64], 'float32', 0);
  const [low, high] = [Math.min(...usual), Math.max(...usual)];
  return (value) => !Number.isFinite(value) || (value >= low && value <= high);
}

/** NaN at a middle, the first and the last place of each input (of a list, the first), infinities at a middle one, and each all over. */
function placed(template: Template, contents: readonly Content[], changed: readonly number[]): (() => SampleCase)[] {
  const first = changed.filter((at) => contents[at]!.isFirst);
  return first.flatMap((at) => {
    const content = contents[at]!;
    const size = sizeOf(content.shape);
    const places = [...new Set([Math.floor(size / 2), 0, size - 1])];
    const everywhere = Array.from({ length: size }, (_, i) => i);
    return NOT_FINITE.flatMap((value) =>
      [...places.slice(0, Number.isNaN(value) ? 3 : 1).map((place) => [place]), everywhere].map((where) => () => {
        const values = valuesFor(content.source, content.shape, content.dtype, at);
        for (const place of where) values[place] = value;
        return template.make(contents.map((other, i) => (i === at ? { ...other, values } : other)));
      }),
    );
  });
}

/** All the values, one after the other, from several beginnings. */
function spread(
  template: Template,
  contents: readonly Content[],
  changed: readonly number[],
  values: readonly number[],
): (() => SampleCase)[] {
  return [0, 5, 13].map(
    (start) => () =>
      template.make(
        contents.map((content, i) =>
          changed.includes(i)
            ? {
                ...content,
                values: Array.from(
                  { length: sizeOf(content.shape) },
                  (_, k) => values[(start + 3 * i + 5 * k) % values.length]!,
                ),
              }
            : content,
        ),
      ),
  );
}
