// The property that NaN and infinity reach exactly what depends on them, for anything that computes a tensor from tensors: what depends
// on an element is found by moving it, and nothing else may change when it is NaN.

import { ArgumentError, type DType, noGrad, scope, type Tensor, tensor } from '@dl/autograd';

/** Values of a tensor that is moved: an input, or a parameter. */
export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** What a computation gave: its result, and the gradients of the places for an upstream gradient. */
interface Answer {
  readonly y: Float64Array;
  readonly gradients: readonly Float64Array[];
}

/** Computes anew from values in the order of the places; `leaves` are where their gradients will be. */
export type Compute = (values: readonly Tensor[]) => { readonly y: Tensor; readonly leaves: readonly Tensor[] };

/** Where the property does not hold on purpose; whoever sets one says why. */
export interface Allowed {
  /** NaN may leave finite what depends on its element. */
  readonly hidden?: boolean;
  /** Places from which, and to whose gradients, NaN and infinity may reach further. */
  readonly spreads?: (place: string) => boolean;
}

const SPECIAL = [Number.NaN, Infinity, -Infinity];
// Of each place and result so many elements are tried, spread over it.
const TRIED = 3;

export function placeOf(name: string, x: Tensor): Place {
  return { name, shape: x.shape, values: Float64Array.from(x.dataSync()) };
}

/** Throws unless NaN and infinities in one element of a place, or of the upstream gradient, reach exactly what depends on it. */
export function expectExactReach(
  places: readonly Place[],
  dtype: DType,
  compute: Compute,
  { hidden = false, spreads = () => false }: Allowed = {},
): void {
  const start = places.map(({ values }) => values);
  const base = answer(places, start, dtype, compute);
  need(
    [base.y, ...base.gradients].every((each) => each.every(Number.isFinite)),
    'the case is finite',
  );
  const moveTo = (p: number, i: number, value: number): readonly Float64Array[] =>
    start.with(p, start[p]!.with(i, value));
  /** Which results change when an element moves: found out once, for those that are asked for. */
  const known = new Map<string, readonly boolean[]>();
  const reachOf = (p: number, i: number): readonly boolean[] => {
    const found = known.get(`${p} ${i}`);
    if (found !== undefined) return found;
    const x = start[p]![i]!;
    const moved = [x + 0.07, x + 40, x - 40, -x, 1 - x]
      .map((value) => accepted(() => resultOf(places, moveTo(p, i, value), dtype, compute)))
      .filter((each) => each !== undefined);
    const reach = Array.from(base.y, (value, o) => moved.some((y) => y[o] !== value));
    known.set(`${p} ${i}`, reach);
    return reach;
  };

  for (const [p, { name }] of places.entries()) {
    if (spreads(name)) continue;
    for (const i of spread(start[p]!.length)) {
      const own = reachOf(p, i);
      for (const value of SPECIAL) {
        const found = accepted(() => answer(places, moveTo(p, i, value), dtype, compute));
        if (found === undefined) continue;
        const told = `${name}[${i}] = ${value}`;
        for (const [o, y] of found.y.entries()) {
          if (!own[o]) need(y === base.y[o], `${told}: result ${o} is ${y}, and does not depend on it`);
          else if (Number.isNaN(value) && !hidden) {
            need(Number.isNaN(y), `${told}: result ${o} is ${y}, and depends on it`);
          }
        }
        for (const [g, gradient] of found.gradients.entries()) {
          for (const [j, dx] of gradient.entries()) {
            if (dx === base.gradients[g]![j]) continue;
            need(
              reachOf(g, j).some((reaches, o) => reaches && own[o]),
              `${told}: gradient ${j} of ${places[g]!.name} is ${dx}, and no result depends on both`,
            );
          }
        }
      }
    }
  }

  const upstream = weights(base.y.length);
  for (const o of spread(base.y.length)) {
    const through = (given: Float64Array): readonly Float64Array[] =>
      answer(places, start, dtype, compute, given).gradients;
    const only = through(new Float64Array(upstream.length).with(o, 1));
    const without = through(upstream.with(o, 0));
    for (const value of SPECIAL) {
      for (const [g, gradient] of through(upstream.with(o, value)).entries()) {
        for (const [j, dx] of gradient.entries()) {
          const told = `upstream[${o}] = ${value}: gradient ${j} of ${places[g]!.name} is ${dx}`;
          if (only[g]![j] !== 0) need(!Number.isFinite(dx), `${told}, and depends on it`);
          else if (!spreads(places[g]!.name))
            need(Math.abs(dx - without[g]![j]!) <= 1e-4, `${told}, and does not depend on it`);
        }
      }
    }
  }
}

function need(holds: boolean, told: string): void {
  if (!holds) throw new Error(told);
}

function resultOf(
  places: readonly Place[],
  values: readonly Float64Array[],
  dtype: DType,
  compute: Compute,
): Float64Array {
  using _ = scope();
  const { y } = noGrad(() => compute(tensorsOf(places, values, dtype)));
  return Float64Array.from(y.dataSync());
}

function tensorsOf(places: readonly Place[], values: readonly Float64Array[], dtype: DType): Tensor[] {
  return places.map(({ shape }, p) => tensor({ data: values[p]!, shape }).cast(dtype));
}

function answer(
  places: readonly Place[],
  values: readonly Float64Array[],
  dtype: DType,
  compute: Compute,
  given?: Float64Array,
): Answer {
  using _ = scope();
  const { y, leaves } = compute(tensorsOf(places, values, dtype));
  const upstream = given ?? weights(y.size);
  y.backward({ gradient: tensor({ data: upstream, shape: y.shape }).cast(dtype) });
  // A place that the result does not depend on has no gradient.
  const gradients = leaves.map(({ grad, size }) =>
    grad === undefined ? new Float64Array(size) : Float64Array.from(grad.dataSync()),
  );
  return { y: Float64Array.from(y.dataSync()), gradients };
}

/** Refused values are no answer. */
function accepted<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (error) {
    if (error instanceof ArgumentError) return undefined;
    throw error;
  }
}

/** One for each element of a result, so that a gradient shows where it comes from. */
function weights(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => 0.5 + ((i * 7) % 11) / 10);
}

/** A leaf of its own that collects a gradient. */
export function leafOf(x: Tensor): Tensor {
  const leaf = x.detach();
  leaf.requiresGrad = true;
  return leaf;
}

function spread(count: number): number[] {
  return Array.from({ length: Math.min(count, TRIED) }, (_, i) => Math.floor((i * count) / Math.min(count, TRIED)));
}
