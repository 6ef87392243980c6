// How a module's own properties make up a tree: where its parameters, buffers and children hang, and their names.

import { ArgumentError, type Copy, copyMark, refuseOtherCopy, type Tensor } from '@dl/autograd';
import { ownCopy } from '../copy.js';
import type { AnyModule } from './module.js';
import { isBuffer, isParameter, nameOf } from './parameter.js';

/**
 * True for what extends {@link Module}.
 *
 * @throws BackendError for a module of another loaded copy of this package, which this one cannot work with.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { isModule, ReLU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(isModule(new ReLU()), isModule({ forward: () => 0 })); // true false
 * ```
 */
export function isModule(value: unknown): value is AnyModule {
  return isModuleAt(value, 'isModule', 'the value');
}

/** {@link isModule}, with what begins the error about another copy. */
export function isModuleAt(value: unknown, where: string, what: string): value is AnyModule {
  if (typeof value !== 'object' || value === null) return false;
  refuseOtherCopy(value, where, what, ownCopy);
  return (value as { readonly [copyMark]?: Copy })[copyMark] === ownCopy;
}

/** A place where something hangs: `holder[key]`, called `name` in the module that it belongs to. */
export interface Place<T> {
  readonly name: string;
  readonly holder: object;
  readonly key: string | number;
  readonly value: T;
}

/** The parameters that are properties of the module itself, or elements of its arrays, in the order of definition. */
export function ownParameters(module: AnyModule): Place<Tensor>[] {
  return places(module)
    .filter((place): place is Place<Tensor> => {
      // It would be passed over in silence.
      refuseOtherCopy(place.value, module.constructor.name, place.name);
      return isParameter(place.value);
    })
    .map(named);
}

/** The buffers that are properties of the module itself, or elements of its arrays, by what a stateDict calls them. */
export function ownBuffers(module: AnyModule): Place<Tensor>[] {
  return places(module)
    .filter((place): place is Place<Tensor> => isBuffer(place.value))
    .map(named);
}

const named = (place: Place<Tensor>): Place<Tensor> => ({ ...place, name: nameOf(place.value) ?? place.name });

/** The modules that are properties of the module, or elements of its arrays, in the order of definition. */
export function ownModules(module: AnyModule): Place<AnyModule>[] {
  return places(module).filter((place): place is Place<AnyModule> =>
    isModuleAt(place.value, module.constructor.name, place.name),
  );
}

function places(holder: object): Place<unknown>[] {
  return Object.entries(holder).flatMap(([key, value]: [string, unknown]): Place<unknown>[] =>
    Array.isArray(value)
      ? value.map((item: unknown, i) => ({ name: `${key}.${i}`, holder: value, key: i, value: item }))
      : [{ name: key, holder, key, value }],
  );
}

/** A module and all below it, parents first, by the names that lead there; the module itself is called ''. */
export function walk(root: AnyModule): (readonly [name: string, module: AnyModule])[] {
  const found: (readonly [string, AnyModule])[] = [];
  const above = new Set<AnyModule>();
  const visit = (module: AnyModule, name: string): void => {
    if (above.has(module)) {
      throw new ArgumentError(
        `${root.constructor.name}: ${name} leads back to a module that contains it; a tree of modules cannot have a loop`,
      );
    }
    above.add(module);
    found.push([name, module]);
    for (const [childName, child] of module.namedChildren()) visit(child, join(name, childName));
    above.delete(module);
  };
  visit(root, '');
  return found;
}

/** Where all parameters hang, by full name: a module's own before those of its children. Shared ones come more than once. */
export function parameterPlaces(root: AnyModule): Place<Tensor>[] {
  return allPlaces(root, ownParameters);
}

/** Where all buffers hang, in the same way. */
export function bufferPlaces(root: AnyModule): Place<Tensor>[] {
  return allPlaces(root, ownBuffers);
}

/** Where all that a stateDict has hangs: of each module first the parameters, then the buffers, as PyTorch orders them. */
export function statePlaces(root: AnyModule): Place<Tensor>[] {
  return allPlaces(root, (module) => [...ownParameters(module), ...ownBuffers(module)]);
}

function allPlaces(root: AnyModule, own: (module: AnyModule) => Place<Tensor>[]): Place<Tensor>[] {
  return walk(root).flatMap(([prefix, module]) =>
    own(module).map((place) => ({ ...place, name: join(prefix, place.name) })),
  );
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}
