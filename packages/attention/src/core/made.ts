// How parameters are made and started, and what modules are called.

import { noGrad, randn, type Tensor, writeSlice } from '@dl/autograd';
import type { ParameterOptions } from '@dl/layers';

/** How parameters are made. */
export function madeBy({ dtype, backend, generator }: ParameterOptions): ParameterOptions {
  return { ...(dtype && { dtype }), ...(backend && { backend }), ...(generator && { generator }) };
}

/** The same without what is undefined, so that it overrides no default. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

let isOverwritten = false;

/** Makes a model whose parameters are all to be overwritten: a model does not draw for them what they start with. */
export function overwritten<M>(make: () => M): M {
  isOverwritten = true;
  try {
    return make();
  } finally {
    isOverwritten = false;
  }
}

/** Fills a parameter with zeros. */
export function startAtZero(x: Tensor): void {
  noGrad(() => writeSlice(x, [null], 0));
}

/** Fills a parameter with normal numbers of mean 0. */
export function startNormal(x: Tensor, std: number, { generator }: ParameterOptions): void {
  if (isOverwritten) return;
  const { shape, dtype, backend } = x;
  const drawn = randn(shape, { std, dtype, backend, ...(generator && { generator }) });
  noGrad(() => x.assign(drawn));
  drawn.dispose();
}

/** Children under the names that PyTorch gives them, and in its order: `{ property: name }`. */
export function named<M>(
  children: readonly (readonly [name: string, module: M])[],
  names: Readonly<Record<string, string>>,
): (readonly [name: string, module: M])[] {
  const order = Object.keys(names);
  const placeOf = (name: string): number => (name in names ? order.indexOf(name) : order.length);
  return [...children]
    .sort(([a], [b]) => placeOf(a) - placeOf(b))
    .map(([name, module]) => [names[name] ?? name, module]);
}
