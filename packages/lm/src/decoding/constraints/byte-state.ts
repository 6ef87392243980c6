// ByteState: where a text in UTF-8 may stand in a pattern, byte by byte, also within a character.

import type { Machine, Stacks } from './stacks.js';

/** The part of a character that has come: those that may still become of it are from `first` on. */
interface Begun {
  readonly first: number;
  /** Smaller ones are written shorter. */
  readonly least: number;
  /** How many bytes are missing. */
  readonly missing: number;
}

const states = new WeakMap<Stacks, ByteState>();

/** A state of a pattern behind some bytes. States know what follows them, as long as the machine does; equal ones are one object. */
export class ByteState {
  readonly #machine: Machine;
  readonly #stacks: Stacks;
  readonly #begun: Begun | undefined;
  #generation: number;
  #next = new Map<number, ByteState | undefined>();

  private constructor(machine: Machine, stacks: Stacks, begun?: Begun) {
    this.#machine = machine;
    this.#stacks = stacks;
    this.#begun = begun;
    this.#generation = machine.generation;
  }

  /** The state between two characters. */
  static of(machine: Machine, stacks: Stacks): ByteState {
    let state = states.get(stacks);
    if (state === undefined) states.set(stacks, (state = new ByteState(machine, stacks)));
    return state;
  }

  /** Whether the text fits as it is. */
  get isComplete(): boolean {
    return this.#begun === undefined && this.#stacks.hasEmpty;
  }

  /** The state behind one more byte; undefined where none may follow that makes the text fit. */
  step(byte: number): ByteState | undefined {
    const machine = this.#machine;
    if (this.#generation !== machine.generation) {
      this.#next = new Map();
      this.#generation = machine.generation;
    }
    const next = this.#next;
    if (next.has(byte)) return next.get(byte);
    machine.weigh(2);
    const state = this.#begun === undefined ? this.#begin(byte) : this.#goOn(byte, this.#begun);
    // Not where all has just been forgotten.
    if (this.#generation === machine.generation) next.set(byte, state);
    return state;
  }

  #begin(byte: number): ByteState | undefined {
    if (byte < 0x80) return this.#behind(byte);
    if (byte < 0xc2 || byte > 0xf4) return undefined;
    if (byte < 0xe0) return this.#within((byte & 0x1f) << 6, 0x80, 1);
    if (byte < 0xf0) return this.#within((byte & 0xf) << 12, 0x800, 2);
    return this.#within((byte & 7) << 18, 0x10000, 3);
  }

  #goOn(byte: number, { first, least, missing }: Begun): ByteState | undefined {
    if (byte < 0x80 || byte > 0xbf) return undefined;
    const point = first + ((byte & 0x3f) << (6 * (missing - 1)));
    if (point < least) return undefined;
    return missing === 1 ? this.#behind(point) : this.#within(point, least, missing - 1);
  }

  #within(first: number, least: number, missing: number): ByteState | undefined {
    const last = first + (1 << (6 * missing)) - 1;
    if (!this.#machine.admits(this.#stacks, Math.max(first, least), last)) return undefined;
    return new ByteState(this.#machine, this.#stacks, { first, least, missing });
  }

  #behind(point: number): ByteState | undefined {
    const stacks = this.#machine.step(this.#stacks, point);
    return stacks && ByteState.of(this.#machine, stacks);
  }
}
