// Weights of a GRU from one form of its update gate to the other.

import { ArgumentError, checkCall, concat, isInstance, neg, noGrad, ShapeError, shown, Tensor } from '@dl/autograd';
import type { StateDict } from '@dl/layers';

const ownNames = /^(weight|bias)_(ih|hh)(_l\d+(_reverse)?)?$/;

/**
 * The state dict of a {@link GRU} or a `GRUCell` for the other form of its update gate, with which it computes the same: the rows of z get the other sign, since
 * σ(-a) = 1 - σ(a). What has `update: 'keep'`, such as weights from PyTorch, becomes what has `update: 'take'`, and the other way round.
 *
 * | `update` | h(t) | who has it |
 * | --- | --- | --- |
 * | `keep` | z ⊙ h(t-1) + (1 - z) ⊙ n | Cho et al. (2014), PyTorch, cuDNN, Keras |
 * | `take` | (1 - z) ⊙ h(t-1) + z ⊙ n | Chung et al. (2014), many lectures |
 *
 * Where the reset gate stands cannot be converted: it takes other weights to come near.
 *
 * @throws ArgumentError for names that no GRU has.
 * @throws ShapeError for weights that are not of three gates.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { convertUpdate, GRU } from '@dl/rnn';
 * await useBackend(cpu());
 * const network = new GRU(3, 5);
 * const other = new GRU(3, 5, { update: 'take' }).loadStateDict(convertUpdate(network.stateDict()));
 * const x = randn([2, 7, 3]);
 * console.log(other.forward(x).output.sub(network.forward(x).output).abs().max().item()); // 0, nearly
 * ```
 */
export function convertUpdate(state: StateDict): StateDict {
  checkCall('convertUpdate', arguments, ['state']);
  if (typeof state !== 'object' || state === null) {
    throw new ArgumentError(`convertUpdate: state is ${shown(state)}, needs a stateDict() of a GRU`);
  }
  const entries = Object.entries(state).map(([name, value]) => {
    if (!ownNames.test(name)) {
      throw new ArgumentError(
        `convertUpdate: the state has ${name}, and needs the names of a GRU alone, such as weight_ih_l0; give it network.stateDict()`,
      );
    }
    if (!isInstance(value, Tensor, 'convertUpdate', name)) {
      throw new ArgumentError(`convertUpdate: ${name} is ${shown(value)}, needs a Tensor; make one with tensor(...)`);
    }
    const rows = value.shape[0] ?? 0;
    if (rows === 0 || rows % 3 !== 0) {
      throw new ShapeError(`convertUpdate: ${name} has ${rows} rows, needs those of three gates: r, z, n`);
    }
    const each = rows / 3;
    const [r, z, n] = [0, 1, 2].map((gate) => value.slice([[gate * each, (gate + 1) * each]]));
    return [name, noGrad(() => concat([r!, neg(z!), n!]))] as const;
  });
  return Object.fromEntries(entries);
}
