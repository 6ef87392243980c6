// Reader of tables in CSV and its kin: text in, columns out, each as the type that its reader asks for.

import { ArgumentError, checkCall, FormatError, type Known, printable } from '@dl/autograd';
import { shownList } from '../names.js';
import type { NdArray } from '../nd-array.js';
import { csvRecords } from './csv-fields.js';

/** Options of {@link parseCsv}. */
export interface CsvOptions {
  /** True when the first line has the names; or the names, when no line has. Default: true. */
  header?: boolean | readonly string[];
  /** One character. Default: a comma. */
  separator?: string;
  /** One character, or '' where quotes are characters like others. Default: '"'. */
  quote?: string;
  /** Fields that mean "missing", after spaces around them are taken off. Default: '', 'NA', 'NaN', '?'. */
  missing?: readonly string[];
}

const csvOptions: Known<CsvOptions> = {
  header: 'boolean or list',
  separator: 'string',
  quote: 'string',
  missing: 'list',
};

/** A column with few different values: value i is `categories[codes.data[i]]`, and missing where the code is -1. */
export interface CategoryColumn {
  readonly codes: NdArray<Int32Array>;
  readonly categories: readonly string[];
}

/** Options of {@link Table.matrix}. */
export interface MatrixOptions {
  /** What stands for a missing number: a number, the mean of its column, or an error. Default: 'error'. */
  missing?: number | 'mean' | 'error';
  /**
   * Columns of names, with their categories: such a column becomes one a category, 1 where the name is that category and 0
   * elsewhere (one-hot). All are 0 where it is missing, unless that is an error.
   */
  oneHot?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The table in a CSV text. Nothing is guessed: `numbers`, `integers`, `categories` and `texts` of the table
 * give a column as that type, and say where a field is not of it.
 *
 * @throws FormatError, with the line, when a line has more or fewer fields than the first, a name comes twice, or
 * a quote is never closed; ArgumentError for a separator or a quote that is not one character.
 *
 * Source: RFC 4180.
 *
 * @example
 * ```ts
 * import { parseCsv } from '@dl/data';
 * const table = parseCsv('species,mass\nAdelie,3750\nGentoo,\n"Chinstrap",3500\n');
 * console.log(table.numbers('mass').data); // 3750, NaN (missing), 3500
 * console.log(table.categories('species').categories); // Adelie, Chinstrap, Gentoo
 * console.log(table.dropMissing().rows); // 2
 * const oneHot = { species: ['Adelie', 'Chinstrap', 'Gentoo'] };
 * console.log(table.matrix(['mass', 'species'], { missing: 'mean', oneHot }).data.slice(4, 8)); // 3625, 0, 0, 1
 * ```
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  checkCall('parseCsv', arguments, ['text'], csvOptions);
  const { header = true, separator = ',', quote = '"', missing = ['', 'NA', 'NaN', '?'] } = options;
  if (separator.length !== 1 || quote.length > 1 || separator === quote) {
    throw new ArgumentError(
      `parseCsv: separator is '${printable(separator)}' and quote '${printable(quote)}', needs one character each that differ, or no quote`,
    );
  }
  const records = csvRecords(text, separator, quote, 'parseCsv');
  const first = header === true ? records.shift()?.fields.map((name) => name.trim()) : records[0]?.fields.map(numbered);
  const names = typeof header === 'boolean' ? first : header;
  if (names === undefined) throw new FormatError('parseCsv: the text has no lines; get the file again');
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new FormatError(`parseCsv: two columns are called '${printable(name)}'; give other names as header`);
    }
    seen.add(name);
  }
  // Before room is made: many names over many lines of one field would take more than the text did, by far.
  const uneven = records.find(({ fields }) => fields.length !== names.length);
  if (uneven !== undefined) {
    throw new FormatError(
      `parseCsv: line ${uneven.line} has ${uneven.fields.length} fields, needs ${names.length}; ` +
        'is the file cut off, or the separator another one?',
    );
  }
  const columns = names.map(() => new Array<string | null>(records.length).fill(null));
  const lines = new Int32Array(records.length);
  records.forEach(({ fields, line }, row) => {
    lines[row] = line;
    fields.forEach((field, k) => {
      if (!missing.includes(field.trim())) columns[k]![row] = field;
    });
  });
  return new Table(names, columns, lines);
}

/** Names for the columns of a file that has none: '0', '1', … */
const numbered = (_: string, i: number): string => String(i);

/**
 * Columns by name; {@link parseCsv} makes them. Fields are read as a type when a column is asked for.
 *
 * @example
 * ```ts
 * import { parseCsv } from '@dl/data';
 * const table = parseCsv('name,age,city\nAda,36,London\nAlan,,London\n');
 * console.log(table.rows, table.names, table.missing('age')); // 2, then name, age, city, then 1
 * console.log(table.categories('city').codes.data); // 0, 0
 * ```
 */
export class Table {
  readonly names: readonly string[];
  readonly rows: number;
  readonly #columns: readonly (readonly (string | null)[])[];
  readonly #lines: Int32Array;
  readonly #places: ReadonlyMap<string, number>;

  constructor(
    names: readonly string[],
    columns: readonly (readonly (string | null)[])[],
    lines: Int32Array = Int32Array.from({ length: columns[0]?.length ?? 0 }, (_, i) => i + 1),
  ) {
    checkCall('Table', arguments, ['names', 'columns', 'lines']);
    this.names = names;
    this.rows = lines.length;
    this.#columns = columns;
    this.#lines = lines;
    this.#places = new Map(names.map((name, k) => [name, k]));
  }

  /** A column as it was written; null is missing. */
  texts(name: string): readonly (string | null)[] {
    const at = this.#places.get(name);
    if (at === undefined) {
      throw new ArgumentError(
        `table: there is no column '${printable(name)}'; the columns are ${shownList(this.names)}`,
      );
    }
    return this.#columns[at]!;
  }

  /** A column of numbers, `[rows]`; NaN is missing. */
  numbers(name: string): NdArray<Float64Array> {
    const data = Float64Array.from(this.texts(name), (field, row) => {
      if (field === null) return Number.NaN;
      const number = Number(field);
      // Number('') is 0, and '0x1f' a number: neither is what a table means.
      if (Number.isNaN(number) || !/^\s*[-+.\d]/.test(field) || /^\s*[-+]?0[xob]/i.test(field)) {
        throw this.#wrong(name, row, field, 'a number');
      }
      return number;
    });
    return { data, shape: [this.rows] };
  }

  /** A column of whole numbers, `[rows]`. Integers have no NaN, so that nothing may be missing. */
  integers(name: string): NdArray<Int32Array> {
    const { data } = this.numbers(name);
    const bad = data.findIndex((number) => number !== (number | 0));
    if (bad >= 0) throw this.#wrong(name, bad, this.texts(name)[bad]!, 'a whole number of 32 bits');
    return { data: Int32Array.from(data), shape: [this.rows] };
  }

  /**
   * A column of names as class indices. The categories are those that occur, sorted; give them to fix
   * their order, or to read a test set with those of the training set.
   */
  categories(name: string, categories?: readonly string[]): CategoryColumn {
    const texts = this.texts(name).map((field) => field?.trim() ?? null);
    const known = categories ?? [...new Set(texts.filter((field) => field !== null))].sort();
    const index = new Map(known.map((category, i) => [category, i]));
    const codes = Int32Array.from(texts, (field, row) => {
      if (field === null) return -1;
      const code = index.get(field);
      if (code === undefined) throw this.#wrong(name, row, field, `one of ${shownList(known)}`);
      return code;
    });
    return { codes: { data: codes, shape: [this.rows] }, categories: known };
  }

  /** Columns side by side as numbers, `[rows, columns]`: the input of a network. */
  matrix(names: readonly string[], options: MatrixOptions = {}): NdArray<Float32Array> {
    const { missing = 'error', oneHot = {} } = options;
    const wanted = new Set(names);
    const stray = Object.keys(oneHot).find((name) => !wanted.has(name));
    if (stray !== undefined) {
      throw new ArgumentError(
        `table: oneHot has '${printable(stray)}', which is not among the columns ${shownList(names)}`,
      );
    }
    const columns = names.flatMap((name) => {
      const gap = missing === 'error' ? this.texts(name).indexOf(null) : -1;
      if (gap >= 0) {
        throw new FormatError(
          `table: '${printable(name)}' is missing on line ${this.#lines[gap]}; call dropMissing() first, or set missing: 'mean'`,
        );
      }
      // A column may be called `constructor`, which every object has.
      const categories = Object.hasOwn(oneHot, name) ? oneHot[name] : undefined;
      if (categories === undefined) return [filled(name, this.numbers(name).data, missing)];
      const { data } = this.categories(name, categories).codes;
      return categories.map((_, k) => Float64Array.from(data, (code) => Number(code === k)));
    });
    const data = new Float32Array(this.rows * columns.length);
    columns.forEach((column, k) => {
      for (let row = 0; row < this.rows; row++) data[row * columns.length + k] = column[row]!;
    });
    return { data, shape: [this.rows, columns.length] };
  }

  /** How many fields of a column are missing. */
  missing(name: string): number {
    return this.texts(name).filter((field) => field === null).length;
  }

  /** The rows in which none of these columns is missing. Default: all columns. */
  dropMissing(names: readonly string[] = this.names): Table {
    const columns = names.map((name) => this.texts(name));
    const kept = [...this.#lines.keys()].filter((row) => columns.every((column) => column[row] !== null));
    return new Table(
      this.names,
      this.#columns.map((column) => kept.map((row) => column[row]!)),
      Int32Array.from(kept, (row) => this.#lines[row]!),
    );
  }

  #wrong(name: string, row: number, field: string | null, needed: string): FormatError {
    const came = field === null ? 'missing' : `'${printable(field)}'`;
    return new FormatError(`table: '${printable(name)}' on line ${this.#lines[row]} is ${came}, needs ${needed}`);
  }
}

function filled(name: string, column: Float64Array, missing: number | 'mean' | 'error'): Float64Array {
  if (missing === 'error') return column;
  const known = column.filter((number) => !Number.isNaN(number));
  if (missing === 'mean' && known.length === 0 && column.length > 0) {
    throw new FormatError(
      `table: every field of '${printable(name)}' is missing, so that it has no mean; leave the column out`,
    );
  }
  const mean = known.reduce((sum, number) => sum + number, 0) / known.length;
  return column.map((number) => (Number.isNaN(number) ? (missing === 'mean' ? mean : missing) : number));
}
