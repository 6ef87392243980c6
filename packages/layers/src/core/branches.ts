// Residual and Parallel: modules side by side, whose results are added or put together.

import { ArgumentError, checkCall, concat, formatShape, type Known, ShapeError, type Tensor } from '@dl/autograd';
import { formatArguments, needAxis, needTensor } from './checks.js';
import { type AnyModule, Module, type TensorModule } from './module.js';
import { needModule } from './module-list.js';
import { type Reach, widest } from './receptive-field.js';

/**
 * y = block(x) + shortcut(x), where the shortcut is x itself unless given, such as a 1x1 convolution that brings channels
 * and size to those of the block (He et al., "Deep Residual Learning for Image Recognition", 2015).
 *
 * @throws ShapeError when the two results differ in shape.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, Residual } from '@dl/layers';
 * await useBackend(cpu());
 * const same = new Residual(new Conv2d(8, 8, 3, { padding: 1 }));
 * const halved = new Residual(new Conv2d(8, 16, 3, { padding: 1, stride: 2 }), new Conv2d(8, 16, 1, { stride: 2 }));
 * console.log(halved.forward(same.forward(randn([1, 8, 6, 6]))).shape); // [1, 16, 3, 3]
 * ```
 */
export class Residual extends Module {
  readonly block: TensorModule;
  readonly shortcut: TensorModule | undefined;

  constructor(block: TensorModule, shortcut?: TensorModule) {
    checkCall('Residual', arguments, ['block', 'shortcut']);
    super();
    this.block = needModule('Residual', 'the block', block);
    this.shortcut = shortcut === undefined ? undefined : needModule('Residual', 'the shortcut', shortcut);
  }

  forward(x: Tensor): Tensor {
    needTensor('Residual', x);
    const y = this.block.forward(x);
    const beside = this.shortcut === undefined ? x : this.shortcut.forward(x);
    if (`${y.shape}` !== `${beside.shape}`) {
      throw new ShapeError(
        `Residual: the block returns ${formatShape(y.shape)} and the shortcut ${formatShape(beside.shape)}; needs one shape, ` +
          'by a shortcut such as new Conv2d(inChannels, outChannels, 1)',
      );
    }
    return y.add(beside);
  }

  override reach(): Reach {
    return widest([this.block.reach(), this.shortcut?.reach() ?? 'point']);
  }
}

/** Options of {@link Parallel}. */
export interface ParallelOptions {
  /** The axis along which results are put together. Default 1: channels. */
  readonly axis?: number;
}

const parallelOptions: Known<ParallelOptions> = { axis: 'number' };

/**
 * Several modules on the same input, their results put together along an axis: the branches of an Inception block
 * (Szegedy et al., "Going Deeper with Convolutions", 2014). Names are places, from 0, as in Sequential.
 *
 * @throws ShapeError when results differ in another axis.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, Parallel } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Parallel([new Conv2d(3, 8, 1), new Conv2d(3, 4, 3, { padding: 1 })]);
 * console.log(layer.forward(randn([1, 3, 6, 6])).shape); // [1, 12, 6, 6]
 * ```
 */
export class Parallel extends Module {
  /** The modules, in the order in which their results stand. */
  readonly branches: readonly TensorModule[];
  readonly axis: number;

  constructor(branches: readonly TensorModule[], options: ParallelOptions = {}) {
    checkCall('Parallel', arguments, ['branches'], parallelOptions);
    const { axis = 1 } = options;
    super();
    if (!Array.isArray(branches) || branches.length === 0) {
      throw new ArgumentError(
        'Parallel: needs an array of at least one branch, such as [new Linear(4, 2), new Linear(4, 3)]',
      );
    }
    this.branches = branches.map((branch, i) => needModule('Parallel', `branch ${i}`, branch));
    this.axis = needAxis('Parallel', 'axis', axis);
  }

  override namedChildren(): (readonly [name: string, module: AnyModule])[] {
    return this.branches.map((branch, i) => [`${i}`, branch]);
  }

  forward(x: Tensor): Tensor {
    needTensor('Parallel', x);
    return concat(
      this.branches.map((branch) => branch.forward(x)),
      this.axis,
    );
  }

  override reach(): Reach {
    return widest(this.branches.map((branch) => branch.reach()));
  }

  override describe(): string {
    return formatArguments([], { axis: [this.axis, 1] });
  }
}
