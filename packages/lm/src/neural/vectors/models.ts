// SkipGram and CBOW: two tables of vectors, by which words tell their neighbours, and neighbours a word.

import {
  ArgumentError,
  cast,
  checkCall,
  checkInteger,
  DTypeError,
  embedding,
  formatShape,
  greaterEqual,
  isInteger,
  type Known,
  matmul,
  maximum,
  mul,
  rand,
  reshape,
  ShapeError,
  shown,
  softplus,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@dl/autograd';
import {
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  tidied,
} from '@dl/layers';
import { HuffmanTree } from './huffman.js';

/** Options of {@link SkipGram} and {@link CBOW}. */
export interface WordModelOptions extends ParameterOptions {
  /** Hierarchical softmax over this tree; without one, negative sampling. */
  readonly tree?: HuffmanTree;
  /** Whether gradients are for the rows of the batch alone, as SGD, Adagrad and SparseAdam of @dl/optim take them. Default true. */
  readonly sparse?: boolean;
}

const wordModelOptions: Known<WordModelOptions> = { tree: 'object', sparse: 'boolean', ...parameterOptions };

/** What {@link SkipGram} learns from: numbers of words, `int32`. */
export interface SkipGramBatch {
  /** The words [batch] in the middle. */
  readonly centers: Tensor;
  /** A word [batch] near each of them. */
  readonly contexts: Tensor;
  /** Words [batch, count] that were drawn, for negative sampling; -1 for none. */
  readonly negatives?: Tensor;
}

/** What {@link CBOW} learns from: numbers of words, `int32`. */
export interface CBOWBatch {
  /** The words [batch, width] around each of the words in the middle; -1 for none, where there are less. */
  readonly contexts: Tensor;
  /** The words [batch] in the middle. */
  readonly centers: Tensor;
  /** Words [batch, count] that were drawn, for negative sampling; -1 for none. */
  readonly negatives?: Tensor;
}

/** Rows of the output table, with 1 for those that belong to an example and 0 for those that do not. */
interface Targets {
  readonly rows: Tensor;
  readonly labels: Tensor;
}

/** What both models are: a vector for each word where it is seen, and one for each word, or inner node of the tree, where it is told. */
abstract class WordModel<Batch> extends Module<[batch: Batch], Tensor> {
  readonly vocabularySize: number;
  readonly size: number;
  readonly tree: HuffmanTree | undefined;
  readonly sparse: boolean;
  /** The vectors [vocabularySize, size], which are the word vectors after training; they start uniform in ±0.5 / size. */
  readonly input: Tensor;
  /** Those of what is told, [vocabularySize, size], or [vocabularySize - 1, size] for a tree; they start as zeros. */
  readonly output: Tensor;
  readonly #where: string;

  protected constructor(where: string, vocabularySize: number, size: number, given: WordModelOptions) {
    super();
    const { tree, sparse = true, generator, ...made } = given;
    this.#where = where;
    this.vocabularySize = checkInteger(where, 'vocabularySize', vocabularySize, 2);
    this.size = checkInteger(where, 'size', size, 1);
    if (tree !== undefined && !(tree instanceof HuffmanTree)) {
      throw new ArgumentError(`${where}: tree is ${shown(tree)}, needs a HuffmanTree, such as new HuffmanTree(counts)`);
    }
    if (tree !== undefined && tree.words !== vocabularySize) {
      throw new ArgumentError(
        `${where}: the tree has ${tree.words} words and vocabularySize is ${vocabularySize}; make it of the counts of this vocabulary`,
      );
    }
    this.tree = tree;
    this.sparse = sparse;
    const bound = 0.5 / size;
    const drawn = { low: -bound, high: bound, ...made, ...(generator !== undefined && { generator }) };
    this.input = parameter(rand([vocabularySize, size], drawn));
    this.output = parameter(zeros([tree?.nodes ?? vocabularySize, size], made));
  }

  /** The mean over the batch of Σ log(1 + e^s) - label · s over what an example is told by; a scalar. */
  loss(batch: Batch): Tensor {
    checkCall(`${this.#where}.loss`, arguments, [['batch', 'object']]);
    return tidied(
      () => {
        const { hidden, targets } = this.read(batch);
        const s = this.#scores(hidden, targets.rows);
        const losses = sub(softplus(s), mul(targets.labels, s));
        return where(greaterEqual(targets.rows, 0), losses, 0).sum().div(s.shape[0]!);
      },
      (loss) => [loss],
    );
  }

  /** The scores s [batch, count], whose σ(s) is the probability that what they are of belongs there: the word itself and those drawn, or the nodes on its path, with 0 where there is none. */
  forward(batch: Batch): Tensor {
    checkCall(`${this.#where}.forward`, arguments, [['batch', 'object']]);
    return tidied(
      () => {
        const { hidden, targets } = this.read(batch);
        return where(greaterEqual(targets.rows, 0), this.#scores(hidden, targets.rows), 0);
      },
      (scores) => [scores],
    );
  }

  override describe(): string {
    return formatArguments([this.vocabularySize, this.size], {
      tree: [this.tree === undefined ? undefined : 'Huffman', undefined],
      sparse: [this.sparse, true],
    });
  }

  /** The vectors [batch, size] of what is seen, and what they tell. */
  protected abstract read(batch: Batch): { readonly hidden: Tensor; readonly targets: Targets };

  /** Rows of a table, of any shape [...] → [..., size]; of numbers below 0 the first row. */
  protected rowsOf(table: Tensor, rows: Tensor): Tensor {
    return embedding(maximum(rows, 0), table, { sparse: this.sparse });
  }

  /** The words themselves and those drawn, or the inner nodes on the way to them. */
  protected targetsOf(words: Tensor, negatives: Tensor | undefined): Targets {
    const { tree } = this;
    const batch = words.shape[0]!;
    if ((tree === undefined) !== (negatives !== undefined)) {
      throw new ArgumentError(
        tree === undefined
          ? `${this.#where}: there are no negatives, needs words [${batch}, count] that were drawn; or give the model a tree, for hierarchical softmax`
          : `${this.#where}: there are negatives, but the model has a tree, and learns by hierarchical softmax; leave them out`,
      );
    }
    // The rows of a gradient are read at once, too.
    const named = words.dataSync() as Int32Array;
    if (tree === undefined) {
      this.needNumbers('negatives', negatives!, 2, '[batch, count]', batch);
      const drawn = negatives!.dataSync() as Int32Array;
      const count = negatives!.shape[1]!;
      const rows = new Int32Array(batch * (1 + count));
      const labels = new Float32Array(rows.length);
      for (let b = 0; b < batch; b++) {
        rows[b * (1 + count)] = named[b]!;
        rows.set(drawn.subarray(b * count, (b + 1) * count), b * (1 + count) + 1);
        labels[b * (1 + count)] = 1;
      }
      return this.#made(rows, labels, [batch, 1 + count]);
    }
    for (const word of named) tree.path(word);
    const rows = new Int32Array(batch * tree.longest);
    const labels = new Float32Array(rows.length);
    for (let b = 0; b < batch; b++) tree.write(named[b]!, rows, labels, b * tree.longest, tree.longest);
    return this.#made(rows, labels, [batch, tree.longest]);
  }

  /** Throws for what are no numbers of words in this form. */
  protected needNumbers(name: string, value: Tensor, rank: number, layout: string, batch?: number): void {
    needTensor(this.#where, value);
    if (!isInteger(value.dtype)) {
      throw new DTypeError(
        `${this.#where}: ${name} are ${value.dtype}, needs the numbers of words in int32; cast them with .cast('int32')`,
      );
    }
    if (value.rank !== rank || value.shape[0] === 0 || (batch !== undefined && value.shape[0] !== batch)) {
      throw new ShapeError(
        `${this.#where}: ${name} are ${formatShape(value.shape)}, needs ${layout}${batch === undefined ? ', of at least one example' : ` with a batch of ${batch}`}`,
      );
    }
  }

  /** h · row for each row: [batch, size] and [batch, count] → [batch, count]. */
  #scores(hidden: Tensor, rows: Tensor): Tensor {
    const [batch, size] = hidden.shape as readonly [number, number];
    return reshape(matmul(this.rowsOf(this.output, rows), reshape(hidden, [batch, size, 1])), rows.shape);
  }

  #made(rows: Int32Array, labels: Float32Array, shape: readonly number[]): Targets {
    const { dtype, backend } = this.input;
    const made = tensor({ data: labels, shape }, { backend });
    return {
      rows: tensor({ data: rows, shape }, { backend }),
      labels: made.dtype === dtype ? made : cast(made, dtype),
    };
  }
}

/**
 * Skip-gram: a word tells the words near it. With v the rows of `input` and u those of `output`, the loss of a word w and a word c near it is
 *
 *     -log σ(u_c · v_w) - Σ log σ(-u_n · v_w)                      negative sampling, over words n that were drawn
 *     -Σ log σ(±u_n · v_w)                                         hierarchical softmax, over the inner nodes n on the path to c, + where it goes on to the side 1
 *
 * and that of a batch is the mean. The gradients are for the rows of the batch alone, so that a step costs as much for any vocabulary: train it with SGD, Adagrad or SparseAdam of @dl/optim. {@link trainWordVectors} trains it by itself.
 *
 * Sources: Mikolov et al., "Efficient Estimation of Word Representations in Vector Space", 2013, and "Distributed Representations of Words and Phrases and their Compositionality", 2013, equations 3 and 4.
 *
 * @throws ArgumentError for negatives with a tree, and none without; ShapeError and DTypeError for numbers of words in another form; IndexError for what is no word.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SkipGram } from '@dl/lm/neural';
 * import { SGD } from '@dl/optim';
 * await useBackend(cpu());
 * const model = new SkipGram(1000, 16);
 * const optimizer = new SGD(model.parameters(), { lr: 1 });
 * const words = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' });
 * const loss = model.loss({ centers: words([5, 7]), contexts: words([6, 5]), negatives: words([[1, 900], [3, 3]]) });
 * loss.backward();
 * optimizer.step();
 * console.log(loss.item(), model.input.rowGrad!.indices.toArray()); // 3 log 2, and [5, 7]
 * ```
 */
export class SkipGram extends WordModel<SkipGramBatch> {
  constructor(vocabularySize: number, size: number, options: WordModelOptions = {}) {
    checkCall('SkipGram', arguments, ['vocabularySize', 'size'], wordModelOptions);
    super('SkipGram', vocabularySize, size, options);
  }

  protected read({ centers, contexts, negatives }: SkipGramBatch) {
    this.needNumbers('centers', centers, 1, '[batch]');
    this.needNumbers('contexts', contexts, 1, '[batch]', centers.shape[0]!);
    const targets = this.targetsOf(contexts, negatives);
    return { hidden: embedding(centers, this.input, { sparse: this.sparse }), targets };
  }
}

/**
 * The continuous bag of words: the words near it tell a word. The mean of their rows of `input` takes the place of the word's own row in {@link SkipGram}, and their gradients are shares of it.
 *
 * Source: Mikolov et al., "Efficient Estimation of Word Representations in Vector Space", 2013.
 *
 * @throws ArgumentError for negatives with a tree, and none without, and for an example without words around; ShapeError and DTypeError for numbers of words in another form; IndexError for what is no word.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CBOW, HuffmanTree } from '@dl/lm/neural';
 * await useBackend(cpu());
 * const model = new CBOW(4, 16, { tree: new HuffmanTree([10, 5, 3, 1]) });
 * const words = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' });
 * const loss = model.loss({ contexts: words([[0, 2], [1, -1]]), centers: words([1, 0]) });
 * console.log(loss.item()); // 1.5 log 2: paths of two nodes and of one
 * ```
 */
export class CBOW extends WordModel<CBOWBatch> {
  constructor(vocabularySize: number, size: number, options: WordModelOptions = {}) {
    checkCall('CBOW', arguments, ['vocabularySize', 'size'], wordModelOptions);
    super('CBOW', vocabularySize, size, options);
  }

  protected read({ contexts, centers, negatives }: CBOWBatch) {
    this.needNumbers('centers', centers, 1, '[batch]');
    this.needNumbers('contexts', contexts, 2, '[batch, width]', centers.shape[0]!);
    const [batch, width] = contexts.shape as readonly [number, number];
    const around = contexts.dataSync();
    const shares = new Float32Array(batch);
    for (let b = 0; b < batch; b++) {
      let words = 0;
      for (let i = 0; i < width; i++) if (around[b * width + i]! >= 0) words++;
      if (words === 0) {
        throw new ArgumentError(`CBOW: example ${b} has no words around; needs at least one number of at least 0`);
      }
      shares[b] = 1 / words;
    }
    const { backend, dtype } = this.input;
    const isThere = reshape(greaterEqual(contexts, 0), [batch, width, 1]);
    const rows = where(isThere, this.rowsOf(this.input, contexts), 0);
    const share = cast(tensor({ data: shares, shape: [batch, 1] }, { backend }), dtype);
    return { hidden: mul(sum(rows, 1), share), targets: this.targetsOf(centers, negatives) };
  }
}
