// ModuleList and ModuleDict: modules that a model calls by number or by name, so that they are found as part of it.

import { ArgumentError, checkCall, shown } from '@dl/autograd';
import { type AnyModule, Module, type TensorModule } from './module.js';
import { isModuleAt } from './module-tree.js';

/**
 * A list of modules, named by their places: `blocks.0.weight`, `blocks.1.weight`, …. It computes nothing itself; the model
 * that has it calls its modules as it likes.
 *
 * @example
 * ```ts
 * import { randn, type Tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear, Module, ModuleList } from '@dl/layers';
 * await useBackend(cpu());
 *
 * class Tower extends Module {
 *   readonly floors = new ModuleList([new Linear(4, 4), new Linear(4, 4)]);
 *
 *   forward(x: Tensor): Tensor {
 *     let y = x;
 *     for (const floor of this.floors) y = floor.forward(y).tanh();
 *     return y;
 *   }
 * }
 *
 * const model = new Tower();
 * console.log(model.forward(randn([2, 4])).shape, model.namedParameters()[2]![0]); // [2, 4] 'floors.1.weight'
 * ```
 */
export class ModuleList<M extends AnyModule = TensorModule> extends Module<never, never> {
  readonly #modules: M[] = [];

  constructor(modules: Iterable<M> = []) {
    checkCall('ModuleList', arguments, ['modules']);
    super();
    this.push(...modules);
  }

  get length(): number {
    return this.#modules.length;
  }

  /** The module at a place; negative ones count from the end. */
  at(index: number): M {
    const found = this.#modules.at(index);
    if (found === undefined) {
      throw new ArgumentError(`ModuleList: there is no module ${index}; it has ${this.length}`);
    }
    return found;
  }

  /** Adds modules at the end. Returns the list. */
  push(...modules: readonly M[]): this {
    for (const module of modules) this.#modules.push(needModule('ModuleList', `module ${this.length}`, module));
    return this;
  }

  [Symbol.iterator](): IterableIterator<M> {
    return this.#modules[Symbol.iterator]();
  }

  override namedChildren(): (readonly [name: string, module: M])[] {
    return this.#modules.map((module, i) => [`${i}`, module]);
  }

  forward(): never {
    throw new ArgumentError('ModuleList: computes nothing itself; call its modules, or use Sequential');
  }
}

/**
 * Modules by name: `heads.left.weight`. It computes nothing itself; the model that has it calls its modules as it likes.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear, ModuleDict } from '@dl/layers';
 * await useBackend(cpu());
 * const heads = new ModuleDict({ age: new Linear(8, 1), sex: new Linear(8, 2) });
 * console.log(heads.get('sex').forward(randn([4, 8])).shape, heads.keys()); // [4, 2] ['age', 'sex']
 * ```
 */
export class ModuleDict<M extends AnyModule = TensorModule> extends Module<never, never> {
  readonly #modules = new Map<string, M>();

  constructor(modules: Readonly<Record<string, M>> = {}) {
    checkCall('ModuleDict', arguments, ['modules']);
    super();
    for (const [name, module] of Object.entries(modules)) this.set(name, module);
  }

  get size(): number {
    return this.#modules.size;
  }

  keys(): string[] {
    return [...this.#modules.keys()];
  }

  has(name: string): boolean {
    return this.#modules.has(name);
  }

  get(name: string): M {
    const found = this.#modules.get(name);
    if (found === undefined) {
      throw new ArgumentError(`ModuleDict: there is no module '${name}'; it has ${this.keys().join(', ') || 'none'}`);
    }
    return found;
  }

  /** Adds a module, or puts it in the place of the one of that name. Returns the dictionary. */
  set(name: string, module: M): this {
    if (typeof name !== 'string' || name === '' || name.includes('.')) {
      throw new ArgumentError(`ModuleDict: the name is ${shown(name)}, needs at least one character and no dot`);
    }
    this.#modules.set(name, needModule('ModuleDict', `module '${name}'`, module));
    return this;
  }

  [Symbol.iterator](): IterableIterator<[name: string, module: M]> {
    return this.#modules[Symbol.iterator]();
  }

  override namedChildren(): (readonly [name: string, module: M])[] {
    return [...this.#modules];
  }

  forward(): never {
    throw new ArgumentError('ModuleDict: computes nothing itself; call its modules');
  }
}

/** Throws unless `module` is one. */
export function needModule<M extends AnyModule>(layer: string, name: string, module: M): M {
  if (isModuleAt(module, layer, name)) return module;
  throw new ArgumentError(`${layer}: ${name} is ${shown(module)}, needs a module, such as new ReLU()`);
}
