// A pooling allocator over one growing range of addresses: size classes, reuse of what was freed, neighbours joined.

/** A range of addresses that is in use or waits to be used again. */
export class Block {
  readonly start: number;
  size: number;
  isFree = false;
  /** Whatever the owner of the range likes to find again when it gets the same block. */
  tag: object | undefined = undefined;
  /** Neighbours by address. */
  before: Block | undefined = undefined;
  after: Block | undefined = undefined;
  /** The next waiting block of the same class, and for large ones the one before. */
  nextFree: Block | undefined = undefined;
  previousFree: Block | undefined = undefined;

  constructor(start: number, size: number) {
    this.start = start;
    this.size = size;
  }
}

// 16 classes between powers of two: a block is at most 1/16 larger than asked for, and a freed one
// fits the next request of its size exactly.
const STEPS = 16;
const STEP_BITS = 4;
const SMALLEST = 64;
// Small blocks stay in the lists of their class; joining and cutting them again would cost more than they hold.
const LARGE = 16384;

/** How much is in use, waiting and reserved, in bytes. */
export interface AllocatorStatistics {
  readonly used: number;
  readonly reserved: number;
  readonly blocks: number;
}

export class Allocator {
  readonly #grow: (bytes: number) => number;
  readonly #waiting: (Block | undefined)[] = [];
  readonly #first: Block;
  #last: Block | undefined;
  #used = 0;
  #blocks = 0;
  #reserved = 0;

  /** @param grow Adds at least so many bytes at the end of the range, and returns how many; throws when it cannot. */
  constructor(start: number, grow: (bytes: number) => number) {
    this.#grow = grow;
    this.#first = new Block(start, 0);
    this.#last = this.#first;
  }

  get statistics(): AllocatorStatistics {
    return { used: this.#used, reserved: this.#reserved, blocks: this.#blocks };
  }

  /** All blocks, in the order of their addresses. */
  *blocks(): Iterable<Block> {
    for (let block: Block | undefined = this.#first; block !== undefined; block = block.after) yield block;
  }

  allocate(bytes: number): Block {
    const sizeClass = classOf(bytes);
    const size = sizeOfClass(sizeClass);
    const block = this.#take(sizeClass, size) ?? this.#extend(size);
    block.isFree = false;
    this.#used += block.size;
    this.#blocks++;
    return block;
  }

  free(block: Block): void {
    this.#used -= block.size;
    this.#blocks--;
    if (block.size < LARGE) {
      block.isFree = true;
      this.#push(block);
      return;
    }
    let joined = block;
    const { before, after } = block;
    if (after?.isFree === true && after.size >= LARGE) {
      this.#remove(after);
      joined = this.#join(joined, after);
    }
    if (before?.isFree === true && before.size >= LARGE) {
      this.#remove(before);
      joined = this.#join(before, joined);
    }
    joined.isFree = true;
    this.#push(joined);
  }

  #take(sizeClass: number, size: number): Block | undefined {
    if (size < LARGE) {
      const block = this.#waiting[sizeClass];
      if (block !== undefined) this.#remove(block);
      return block;
    }
    // Every block of a class holds at least the class's size.
    for (let c = sizeClass; c < this.#waiting.length; c++) {
      const block = this.#waiting[c];
      if (block === undefined) continue;
      this.#remove(block);
      if (block.size - size >= LARGE) this.#push(this.#cut(block, size));
      return block;
    }
    return undefined;
  }

  /** New addresses at the end; what the growth brought beyond the need waits for the next request. */
  #extend(size: number): Block {
    const end = this.#last!;
    const isOpen = end.isFree && end.size >= LARGE;
    if (isOpen) this.#remove(end);
    const had = isOpen ? end.size : 0;
    // Small blocks are cut from a run of their own, so that they do not scatter among large ones.
    const need = size < LARGE ? Math.max(size, LARGE * 4) : size;
    if (had < need) {
      let added: number;
      try {
        added = this.#grow(need - had);
      } catch (error) {
        const tidied = this.#tidy(size);
        if (tidied === undefined) throw error;
        return tidied;
      }
      this.#reserved += added;
      if (isOpen) {
        end.size += added;
      } else {
        const fresh = new Block(end.start + end.size, added);
        this.#link(end, fresh);
      }
    }
    const block = isOpen ? end : end.after!;
    if (size < LARGE) return this.#carveSmall(block, size, need);
    block.isFree = false;
    if (block.size - size >= LARGE) this.#push(this.#cut(block, size));
    return block;
  }

  /** The range cannot grow: joins everything that waits, small blocks too, and looks once more. */
  #tidy(size: number): Block | undefined {
    this.#waiting.length = 0;
    for (let block: Block | undefined = this.#first; block !== undefined; block = block.after) {
      if (!block.isFree) continue;
      while (block.after?.isFree === true) this.#join(block, block.after);
      this.#push(block);
    }
    for (let c = classOf(size); c < this.#waiting.length; c++) {
      const block = this.#waiting[c];
      if (block === undefined) continue;
      this.#remove(block);
      if (size < LARGE) return this.#carveSmall(block, size, Math.min(block.size, LARGE * 4));
      if (block.size - size >= LARGE) this.#push(this.#cut(block, size));
      return block;
    }
    return undefined;
  }

  #carveSmall(run: Block, size: number, runSize: number): Block {
    if (run.size - runSize >= LARGE) this.#push(this.#cut(run, runSize));
    let rest = run;
    while (rest.size >= 2 * size) {
      const next = this.#cut(rest, size);
      if (rest !== run) {
        rest.isFree = true;
        this.#push(rest);
      }
      rest = next;
    }
    if (rest !== run) {
      // The last one keeps what is left over: it is a little larger than its class.
      rest.isFree = true;
      this.#push(rest);
    }
    return run;
  }

  /** Shortens a block to `size` and returns the rest, free. */
  #cut(block: Block, size: number): Block {
    const rest = new Block(block.start + size, block.size - size);
    rest.isFree = true;
    block.size = size;
    const { after } = block;
    rest.after = after;
    if (after !== undefined) after.before = rest;
    else this.#last = rest;
    block.after = rest;
    rest.before = block;
    return rest;
  }

  #join(first: Block, second: Block): Block {
    first.size += second.size;
    first.after = second.after;
    if (second.after !== undefined) second.after.before = first;
    else this.#last = first;
    return first;
  }

  #link(end: Block, fresh: Block): void {
    end.after = fresh;
    fresh.before = end;
    fresh.isFree = true;
    this.#last = fresh;
  }

  #push(block: Block): void {
    const sizeClass = floorClassOf(block.size);
    while (this.#waiting.length <= sizeClass) this.#waiting.push(undefined);
    const first = this.#waiting[sizeClass];
    block.nextFree = first;
    block.previousFree = undefined;
    if (first !== undefined) first.previousFree = block;
    this.#waiting[sizeClass] = block;
  }

  #remove(block: Block): void {
    const { nextFree, previousFree } = block;
    if (nextFree !== undefined) nextFree.previousFree = previousFree;
    if (previousFree !== undefined) previousFree.nextFree = nextFree;
    else this.#waiting[floorClassOf(block.size)] = nextFree;
    block.nextFree = undefined;
    block.previousFree = undefined;
  }
}

/** The smallest class whose size is at least `bytes`. */
function classOf(bytes: number): number {
  const down = floorClassOf(Math.max(bytes, SMALLEST));
  return sizeOfClass(down) >= bytes ? down : down + 1;
}

/** The largest class whose size is at most `bytes`. */
function floorClassOf(bytes: number): number {
  const units = Math.floor(bytes / SMALLEST);
  if (units < STEPS) return units;
  const exponent = 31 - Math.clz32(units);
  return (exponent - STEP_BITS + 1) * STEPS + ((units >>> (exponent - STEP_BITS)) & (STEPS - 1));
}

function sizeOfClass(sizeClass: number): number {
  if (sizeClass < STEPS) return sizeClass * SMALLEST;
  const exponent = Math.floor(sizeClass / STEPS) - 1;
  return (STEPS + (sizeClass % STEPS)) * 2 ** exponent * SMALLEST;
}
