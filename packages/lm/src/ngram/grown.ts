// Lists of numbers that grow: as a typed array, since there are millions.

export class GrownFloats {
  #values: Float64Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) {
    this.#values = new Float64Array(capacity);
  }

  /** The array behind it, of which only `length` numbers count; another one after a push. */
  get values(): Float64Array<ArrayBuffer> {
    return this.#values;
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const longer = new Float64Array(Math.ceil(1.5 * this.length) + 16);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.length++] = value;
  }
}
