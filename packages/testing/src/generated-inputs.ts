// The inputs of a sample as a list of tensors' contents that can be given other shapes, dtypes and values, and made a sample again.

import { type AnyOp, type DType, isBoolean, isInteger, type Shape, type Spec, sizeOf } from '@dl/autograd';
import type { SampleCase, SampleInput } from '@dl/autograd/samples';
import { isList, sampleValues } from './sample-inputs.js';

/** One tensor of a sample. */
export interface Content {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The sample's own description, from which values for another shape are drawn. */
  readonly source: SampleInput;
  /** True for int32 that names places rather than counts: the op takes nothing else there. */
  readonly isIndex: boolean;
  /** Whether it is the first of a list, or stands alone. */
  readonly isFirst: boolean;
  readonly values?: readonly number[];
}

/** The tensors of a sample in order, and how to put others in their places. */
export interface Template {
  readonly contents: readonly Content[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly smooth: boolean;
  make(contents: readonly Content[], attrs?: object): SampleCase;
}

export function templateOf(op: AnyOp, sample: SampleCase): Template {
  const contents: Content[] = [];
  const entries = Object.entries(sample.inputs).filter(([, input]) => input !== undefined);
  let seed = 1;
  const read = (source: SampleInput, place: number): void => {
    const { shape, dtype } = sampleValues(source, seed++);
    contents.push({ shape, dtype, source, isIndex: false, isFirst: place === 0 });
  };
  for (const [, input] of entries) {
    if (isList(input!)) input.forEach(read);
    else read(input as SampleInput, 0);
  }
  const attrs = { ...op.defaults, ...sample.attrs };
  const make = (others: readonly Content[], given: object = attrs): SampleCase => {
    let next = 0;
    const take = (): SampleInput => describe(others[next]!, next++);
    const inputs = Object.fromEntries(
      entries.map(([name, input]) => [name, isList(input!) ? input.map(take) : take()]),
    ) as SampleCase['inputs'];
    return { inputs, attrs: given, smooth: false };
  };
  const template = { contents, attrs, smooth: sample.smooth !== false, make };
  const withIndices = contents.map((content, i) => ({ ...content, isIndex: isIndex(op, template, i) }));
  return { ...template, contents: withIndices };
}

function describe({ values, shape, dtype, source }: Content, place: number): SampleInput {
  return { values: (values ?? valuesFor(source, shape, dtype, place)) as number[], shape, dtype };
}

/** Values such as the source has, of another shape and dtype: drawn from the same range, or from those that it spells out. */
export function valuesFor(source: SampleInput, shape: Shape, dtype: DType, place: number): number[] {
  const isDrawn = typeof source === 'object' && !Array.isArray(source) && !('values' in source);
  const own = isDrawn ? sampleValues({ ...source, shape }, 100 + place) : sampleValues(source, 1);
  const { values } = own;
  // A step that has no divisor in common with their number visits them all, in an order of its own.
  const step = [7, 11, 13].find((prime) => values.length % prime !== 0)!;
  const drawn = Array.from({ length: sizeOf(shape) }, (_, i) =>
    isDrawn ? values[i]! : values[(i * step + Math.floor(i / values.length)) % values.length]!,
  );
  if (dtype === own.dtype) return drawn;
  return drawn.map((value) => (isBoolean(dtype) ? Number(value > 0) : Math.round(value) || 0));
}

/** What the op says of these inputs, or undefined where it refuses them. */
export function accepts(
  op: AnyOp,
  template: Template,
  contents: readonly Content[],
  attrs: object = template.attrs,
): readonly Spec[] | undefined {
  const { inputs } = template.make(contents.map((content) => ({ ...content, values: [] })), attrs); // biome-ignore format: in one
  const specOf = (input: SampleInput): Spec => {
    const { shape, dtype } = input as Content;
    return { shape, dtype };
  };
  const specs = Object.fromEntries(
    op.slots.map(({ name, kind }) => {
      const input = inputs[name];
      if (kind === 'list') return [name, ((input ?? []) as SampleInput[]).map(specOf)];
      return [name, input === undefined ? undefined : specOf(input as SampleInput)];
    }),
  );
  try {
    const result: unknown = op.declaration.infer(specs, attrs);
    const isOne = op.outputNames.length + op.reserveNames.length === 1;
    const outputs = isOne ? [result as Spec] : Object.values((result ?? {}) as Readonly<Record<string, Spec>>);
    const isWhole = (length: number): boolean => Number.isSafeInteger(length) && length >= 0;
    return outputs.every(({ shape }) => shape.every(isWhole)) ? outputs : undefined;
  } catch {
    return undefined;
  }
}

/** Floats of the sample as another dtype. */
export function retyped(contents: readonly Content[], dtype: DType): readonly Content[] {
  return contents.map((content) => (content.dtype === 'float32' ? { ...content, dtype } : content));
}

function isIndex(op: AnyOp, template: Template, at: number): boolean {
  const { contents } = template;
  if (!isInteger(contents[at]!.dtype)) return false;
  const float = (content: Content): Content => ({ ...content, dtype: 'float32' });
  const alone = contents.map((content, i) => (i === at ? float(content) : content));
  const together = contents.map((content) => (isInteger(content.dtype) ? float(content) : content));
  return accepts(op, template, alone) === undefined && accepts(op, template, together) === undefined;
}
