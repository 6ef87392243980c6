// classModel: the next word by its class, and the class by those before it.

import { ArgumentError, checkCall, isFloat, type Known, ShapeError, shown, Tensor, tensor } from '@dl/autograd';
import type { NextToken, StepModel } from '@dl/layers';
import { checkModels, type Scores } from './scores.js';

/** Options of {@link classModel}. */
export interface ClassModelOptions {
  /** The class of each token, 0 to the number of classes - 1. */
  readonly classes: ArrayLike<number>;
  /** How often each token came. */
  readonly counts: ArrayLike<number>;
  /** Added to each count, so that a token that never came has a share of its class. Default 0. */
  readonly add?: number;
}

const classOptions: Known<ClassModelOptions> = { classes: 'list', counts: 'list', add: 'number' };

/**
 * A model of words by one of their classes:
 *
 *     p(w | h) = p(class of w | classes of h) · p(w | class of w)
 *     p(w | class) = (count of w + add) / Σ of the same over the class; alike for all where that is 0
 *
 * The model of classes is any {@link StepModel}: as a rule n-grams counted of `classes[token]` in place of the tokens, which knows contexts that never came
 * in these words. Log-probabilities are where that model has them. {@link brownClasses} finds classes.
 *
 * @param model The model of classes, with a token for each.
 *
 * @throws ArgumentError for a class that the model has not, and for counts below 0; ShapeError for another number of counts than of classes.
 *
 * Source: Brown, Della Pietra, deSouza, Lai & Mercer, "Class-based n-gram models of natural language", 1992.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { classModel } from '@dl/lm';
 * const turns = functionModel(2, ([last = 1]) => (last === 0 ? [-Infinity, 0] : [0, -Infinity]), { context: 1 });
 * const model = classModel(turns, { classes: [0, 0, 1], counts: [3, 1, 5] });
 * console.log(Array.from(model.start(1).logProbabilities as Float64Array, Math.exp)); // 0.75, 0.25, 0
 * ```
 */
export function classModel(model: StepModel, options: ClassModelOptions): StepModel {
  checkCall('classModel', arguments, ['model'], classOptions);
  checkModels('classModel', [model]);
  const inner = model;
  const { classes, logs } = checkedClasses(inner.vocabularySize, options ?? {});
  const size = classes.length;
  const words = ({ logProbabilities, state }: NextToken<unknown>): NextToken<unknown> => ({
    logProbabilities: ofWords(logProbabilities, inner.vocabularySize, classes, logs),
    state,
  });
  const classesOf = (tokens: ArrayLike<number>): Int32Array => Int32Array.from(tokens, (token) => classes[token]!);
  return {
    vocabularySize: size,
    batch: inner.batch,
    maxTokens: inner.maxTokens,
    start: (batch) => words(inner.start(batch)),
    step: (tokens, state) => words(inner.step(classesOf(tokens), state)),
    select: (state, rows) => inner.select(state, rows),
    ...(inner.read !== undefined && {
      read: (tokens: readonly ArrayLike<number>[], state: unknown) => words(inner.read!(tokens.map(classesOf), state)),
    }),
    ...(inner.release !== undefined && { release: (state: unknown) => inner.release!(state) }),
  };
}

/** The classes, and the logarithm of the probability of each token in its own. */
function checkedClasses(
  count: number,
  { classes: given, counts, add = 0 }: Partial<ClassModelOptions>,
): { readonly classes: Int32Array; readonly logs: Float64Array } {
  if (given === undefined || counts === undefined || given.length === 0) {
    throw new ArgumentError('classModel: needs classes and counts, a number for each token');
  }
  if (counts.length !== given.length) {
    throw new ShapeError(
      `classModel: got ${counts.length} counts and ${given.length} classes, needs one of each for a token`,
    );
  }
  if (!(Number.isFinite(add) && add >= 0)) {
    throw new ArgumentError(`classModel: add is ${shown(add)}, needs a number of at least 0`);
  }
  const totals = new Float64Array(count);
  const members = new Float64Array(count);
  for (let token = 0; token < given.length; token++) {
    const [each, often] = [given[token]!, counts[token]!];
    if (!(Number.isInteger(each) && each >= 0 && each < count)) {
      throw new ArgumentError(
        `classModel: the class of token ${token} is ${shown(each)}, needs 0 … ${count - 1}, as the model of classes has them`,
      );
    }
    if (!(Number.isFinite(often) && often >= 0)) {
      throw new ArgumentError(
        `classModel: the count of token ${token} is ${shown(often)}, needs a number of at least 0`,
      );
    }
    totals[each]! += often + add;
    members[each]!++;
  }
  const classes = Int32Array.from(given);
  const logs = Float64Array.from(classes, (each, token) =>
    totals[each]! > 0 ? Math.log((counts[token]! + add) / totals[each]!) : -Math.log(members[each]!),
  );
  return { classes, logs };
}

function ofWords(ofClasses: Scores, count: number, classes: Int32Array, logs: Float64Array): Scores {
  const size = classes.length;
  if (ofClasses instanceof Tensor) {
    const { backend } = ofClasses;
    const dtype = isFloat(ofClasses.dtype) ? ofClasses.dtype : 'float32';
    const within = tensor(logs, { dtype, backend });
    const chosen = ofClasses.indexSelect(1, tensor(classes, { backend }));
    return (chosen.dtype === dtype ? chosen : chosen.cast(dtype)).add(within);
  }
  const rows = ofClasses.length / count;
  const result = new Float64Array(rows * size);
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < size; token++) {
      result[row * size + token] = ofClasses[row * count + classes[token]!]! + logs[token]!;
    }
  }
  return result;
}
