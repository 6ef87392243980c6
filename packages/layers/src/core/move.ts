// A module's way to another backend.

import { Backend, BackendError, type Tensor, type TypedArray, tensor } from '@dl/autograd';
import type { AnyModule } from './module.js';
import { statePlaces } from './module-tree.js';
import { buffer, isBuffer, nameOf, parameter } from './parameter.js';

/** See {@link Module.to}. */
export function moveModule<M extends AnyModule>(module: M, backend: Backend): Promise<M> {
  try {
    // That of a tensor says what is wrong.
    if (!(backend instanceof Backend)) statePlaces(module)[0]?.value.to(backend);
    if (!backend.started && !backend.isStopped) {
      throw new BackendError(`to: the ${backend.name} backend is not started; pass it to useBackend first`);
    }
    const values = [...new Set(statePlaces(module).map(({ value }) => value))].filter((v) => v.backend !== backend);
    const now = values.map((value) => value.backend.readSync(value.handle, value.dtype, value.size));
    if (now.every((read) => read !== undefined)) {
      replace(module, backend, values, now);
      return Promise.resolve(module);
    }
    return moveLater(module, backend, values);
  } catch (error) {
    return Promise.reject(error);
  }
}

async function moveLater<M extends AnyModule>(module: M, backend: Backend, values: readonly Tensor[]): Promise<M> {
  const versions = values.map(({ storage }) => storage.version);
  const read = await Promise.all(values.map((value) => value.data()));
  // Else the module would be moved with numbers that it no longer had.
  if (values.some(({ storage }, i) => storage.version !== versions[i])) {
    throw new BackendError(
      'to: a parameter was changed while the model was moved; await the move before the next step',
    );
  }
  replace(module, backend, values, read);
  return module;
}

/** All at once, when every copy is made. */
function replace(module: AnyModule, backend: Backend, values: readonly Tensor[], read: readonly TypedArray[]): void {
  const moved = new Map<Tensor, Tensor>();
  try {
    for (const [i, value] of values.entries()) {
      const copy = tensor({ data: read[i]!, shape: value.shape }, { dtype: value.dtype, backend });
      moved.set(value, copy);
    }
  } catch (error) {
    for (const copy of moved.values()) copy.dispose();
    throw error;
  }
  for (const [value, copy] of moved) {
    const name = nameOf(value);
    const options = name === undefined ? {} : { name };
    if (isBuffer(value as unknown)) buffer(copy, options);
    else {
      parameter(copy, options);
      copy.requiresGrad = value.requiresGrad;
    }
  }
  for (const { holder, key, value } of statePlaces(module)) Reflect.set(holder, key, moved.get(value) ?? value);
  for (const former of moved.keys()) {
    former.zeroGrad();
    former.dispose();
  }
}
