// modelState and modelFromState: n-gram models as plain records of typed arrays, for files, and back.

import { ArgumentError, bytesPerElement, checkCall, FormatError, type Known, printable, shown } from '@dl/autograd';
import { Vocabulary, type VocabularyOptions } from '../../tokens/vocabulary.js';
import type { Padding } from '../counts.js';
import { trieOf } from '../make-trie.js';
import { BackoffModel, FloorModel, type NgramInfo, NgramModel } from '../model.js';
import { StupidBackoffModel } from '../stupid-backoff-model.js';
import type { NgramTrie } from '../trie.js';
import { checkedTree } from './tree-state.js';

/** Numbers with their shape, as files of tensors have them. */
export interface SavedNumbers {
  readonly data: Int32Array | Float32Array | Float64Array;
  readonly shape: readonly number[];
}

/** What {@link modelState} gives: texts, numbers and typed arrays in plain records, which `packState` of @dl/checkpoint makes bytes of. */
export interface NgramModelState {
  readonly format: 'n-gram model';
  readonly version: 1;
  /** Which class it is of. */
  readonly kind: string;
  /** Where each order begins among the nodes of the tree; see {@link NgramTrie}. */
  readonly levels: SavedNumbers;
  readonly words: SavedNumbers;
  readonly children: SavedNumbers;
  /** The numbers of the model, by their names. */
  readonly numbers: Readonly<Record<string, SavedNumbers>>;
  readonly info: Omit<NgramInfo, 'vocabulary'>;
  readonly vocabulary: { readonly tokens: readonly string[]; readonly options: VocabularyOptions } | null;
}

/** Options of {@link modelState}. */
export interface ModelStateOptions {
  /** In which precision logarithms are saved: `float32` is half as large, and right to seven digits. Default `float64`, which comes back to the bit. */
  readonly dtype?: 'float32' | 'float64';
}

const stateOptions: Known<ModelStateOptions> = { dtype: ['float32', 'float64'] };
const paddings: readonly Padding[] = ['none', 'ends', 'full'];

/** How many numbers there are: one for each node, for each context, or one. */
type Extent = 'nodes' | 'contexts' | 'one';

interface Kind {
  /** Logarithms of probabilities are not above 0, those of weights may be. */
  readonly numbers: Readonly<Record<string, { readonly extent: Extent; readonly isProbability: boolean }>>;
  make(trie: NgramTrie, numbers: Readonly<Record<string, Float64Array>>, info: NgramInfo): NgramModel;
}

/** Every class of models. */
const kinds: Readonly<Record<NgramModel['kind'], Kind>> = {
  backoff: {
    numbers: {
      logProbabilities: { extent: 'nodes', isProbability: true },
      backoffs: { extent: 'contexts', isProbability: false },
    },
    make: (trie, { logProbabilities, backoffs }, info) =>
      new BackoffModel(trie, { logProbabilities: logProbabilities!, backoffs: backoffs! }, info),
  },
  floor: {
    numbers: {
      logProbabilities: { extent: 'nodes', isProbability: true },
      floors: { extent: 'contexts', isProbability: true },
      unseen: { extent: 'one', isProbability: true },
    },
    make: (trie, { logProbabilities, floors, unseen }, info) =>
      new FloorModel(trie, { logProbabilities: logProbabilities!, floors: floors!, unseen: unseen![0]! }, info),
  },
  'stupid-backoff': {
    numbers: {
      logProbabilities: { extent: 'nodes', isProbability: true },
      alpha: { extent: 'one', isProbability: false },
    },
    make: (trie, { logProbabilities, alpha: given }, info) => {
      const alpha = given![0]!;
      if (!(alpha > 0 && alpha <= 1)) throw wrong(`alpha is ${alpha}, needs a number above 0 and at most 1`);
      return new StupidBackoffModel(trie, { logProbabilities: logProbabilities!, alpha }, info);
    },
  },
};

/**
 * An n-gram model of any kind as a plain record, with its vocabulary: the tree in sorted arrays and its logarithms, which are used as they are when they come
 * back. `packState` of @dl/checkpoint makes bytes of it.
 *
 * @throws ArgumentError for what is no n-gram model.
 *
 * @example
 * ```ts
 * import { modelFromState, modelState, readArpa } from '@dl/lm';
 * import { packState, unpackState } from '@dl/checkpoint';
 * const model = await readArpa('\\data\\\nngram 1=2\n\n\\1-grams:\n-0.3\ta\n-0.3\tb\n\n\\end\\\n');
 * const bytes = packState(modelState(model, { dtype: 'float32' }));
 * console.log(modelFromState(unpackState(bytes)).probability(0)); // 0.5012, as that of the model
 * ```
 */
export function modelState(model: NgramModel, options: ModelStateOptions = {}): NgramModelState {
  checkCall('modelState', arguments, ['model'], stateOptions);
  if (!(model instanceof NgramModel) || !Object.hasOwn(kinds, model.kind)) {
    throw new ArgumentError(
      `modelState: got ${shown(model)}, needs an n-gram model, such as a smoothing or readArpa makes`,
    );
  }
  const { trie, info } = model;
  const { smoothing, isDistribution, padding, vocabulary } = info;
  const saved = (data: SavedNumbers['data']): SavedNumbers => ({ data, shape: [data.length] });
  const isRounded = bytesPerElement(options.dtype ?? 'float64') < Float64Array.BYTES_PER_ELEMENT;
  // One number alone gains nothing by being rounded.
  const floats = (data: Float64Array): SavedNumbers =>
    saved(isRounded && data.length > 1 ? Float32Array.from(data) : data);
  return {
    format: 'n-gram model',
    version: 1,
    kind: model.kind,
    levels: saved(trie.levels),
    words: saved(trie.words),
    children: saved(trie.children),
    numbers: Object.fromEntries(Object.entries(model.arrays()).map(([name, data]) => [name, floats(data)])),
    info: { smoothing, isDistribution, padding, details: plain('details', info.details) as NgramInfo['details'] },
    vocabulary: vocabulary === undefined ? null : { tokens: vocabulary.tokens, options: vocabulary.options },
  };
}

/** The same in what files hold: lists in place of typed arrays. */
function plain(name: string, value: unknown): unknown {
  if (value === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map((each) => plain(name, each));
  if (ArrayBuffer.isView(value) && 'length' in value) return Array.from(value as unknown as ArrayLike<number>);
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) {
    return Object.fromEntries(
      Object.entries(value as object).map(([key, each]) => [key, plain(`${name}.${key}`, each)]),
    );
  }
  throw new ArgumentError(
    `modelState: ${name} of the model is ${shown(value)}, which no file holds; needs numbers, texts, lists and plain objects`,
  );
}

/**
 * The model that {@link modelState} made the record of. All is checked in one pass: the tree, that its n-grams are sorted and its words in range, every
 * number, and the vocabulary. Scores are the same to the bit, of `float32` to seven digits.
 *
 * @throws FormatError for a record that is damaged or of something else.
 *
 * @example
 * ```ts
 * import { modelFromState, modelState, NgramCounts, wittenBell } from '@dl/lm';
 * const model = wittenBell(new NgramCounts(3, { order: 2 }).add([0, 1, 2, 0, 1]));
 * console.log(modelFromState(modelState(model)).probability(1, [0]) === model.probability(1, [0])); // true
 * ```
 */
export function modelFromState(state: unknown): NgramModel {
  checkCall('modelFromState', arguments, ['state']);
  const record = recordOf(state, 'the state');
  if (record['format'] !== 'n-gram model' || record['version'] !== 1) {
    throw new FormatError(
      `modelFromState: got ${shown(state)}, needs what modelState made${record['format'] === 'n-gram model' ? `; its version is ${shown(record['version'])}, this package reads 1` : ''}`,
    );
  }
  const kind =
    typeof record['kind'] === 'string' && Object.hasOwn(kinds, record['kind']) ? kinds[record['kind']] : undefined;
  if (kind === undefined) {
    throw wrong(`the kind is ${shown(record['kind'])}, needs one of ${Object.keys(kinds).join(', ')}`);
  }
  const integers = (name: string): Int32Array => {
    const { data } = recordOf(record[name], name);
    if (!(data instanceof Int32Array)) throw wrong(`${name} has ${shown(data)}, needs an Int32Array`);
    return data;
  };
  const tree = checkedTree({ levels: integers('levels'), words: integers('words'), children: integers('children') });
  const given = recordOf(record['numbers'], 'numbers');
  const numbers: Record<string, Float64Array> = {};
  const extents = { nodes: tree.words.length, contexts: tree.children.length - 1, one: 1 };
  for (const [name, { extent, isProbability }] of Object.entries(kind.numbers)) {
    numbers[name] = checkedNumbers(name, recordOf(given[name], name)['data'], extents[extent], isProbability);
  }
  const info = infoOf(recordOf(record['info'], 'info'), record['vocabulary'], tree.levels[2]! - 1);
  return kind.make(trieOf(tree), numbers, info);
}

/** A sum of rounded numbers may be a little above 1. */
const ROUNDED = 1e-6;

function checkedNumbers(name: string, data: unknown, length: number, isProbability: boolean): Float64Array {
  if (!(data instanceof Float64Array || data instanceof Float32Array)) {
    throw wrong(`${name} has ${shown(data)}, needs a Float32Array or a Float64Array`);
  }
  if (data.length !== length) throw wrong(`${name} has ${data.length} numbers, needs ${length}`);
  const most = isProbability ? ROUNDED : Number.MAX_VALUE;
  for (let i = 0; i < length; i++) {
    // Also what is NaN.
    if (!(data[i]! <= most)) {
      throw wrong(`${name} has ${data[i]} at ${i}, needs logarithms${isProbability ? ' of at most 0' : ''}`);
    }
  }
  return data instanceof Float64Array ? data : Float64Array.from(data);
}

function infoOf(info: Readonly<Record<string, unknown>>, vocabulary: unknown, size: number): NgramInfo {
  const { smoothing, isDistribution, padding, details } = info;
  if (typeof smoothing !== 'string') throw wrong(`the smoothing is ${shown(smoothing)}, needs a text`);
  if (typeof isDistribution !== 'boolean')
    throw wrong(`isDistribution is ${shown(isDistribution)}, needs true or false`);
  if (!paddings.includes(padding as Padding))
    throw wrong(`the padding is ${shown(padding)}, needs one of ${paddings.join(', ')}`);
  const words = vocabulary === null ? undefined : vocabularyOf(recordOf(vocabulary, 'vocabulary'), size);
  if (padding !== 'none' && (words?.bos === undefined || words.eos === undefined)) {
    throw wrong(`the padding is ${shown(padding)}, but the vocabulary has no begin and no end`);
  }
  return {
    smoothing,
    isDistribution,
    padding: padding as Padding,
    vocabulary: words,
    details: recordOf(details, 'details'),
  };
}

function vocabularyOf({ tokens, options }: Readonly<Record<string, unknown>>, size: number): Vocabulary {
  if (!Array.isArray(tokens) || tokens.length !== size) {
    throw wrong(
      `the vocabulary has ${Array.isArray(tokens) ? `${tokens.length} tokens` : shown(tokens)}, needs a list of ${size}`,
    );
  }
  try {
    return new Vocabulary(tokens as readonly string[], recordOf(options, 'options of the vocabulary'));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw wrong(printable((cause as Error).message, 300), cause);
  }
}

function recordOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(`${name} is ${shown(value)}, needs a record`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function wrong(words: string, cause?: unknown): FormatError {
  return new FormatError(`modelFromState: ${words}; the file is damaged, or of something else`, { cause });
}
