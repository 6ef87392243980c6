// A recurrent network unrolled in time, as lectures draw it: inputs below, a row of cells for each layer and direction, outputs above.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  type Diagram,
  type DiagramArrow,
  type DiagramVertex,
  diagramToDot,
  formatShape,
  shown,
  type Tensor,
} from '@dl/autograd';
import { type AnyModule, isModule } from '@dl/layers';
import type { Stacked } from '../core/stacked.js';
import { networksOf } from './gradient-flow.js';

/**
 * The graph of a recurrent network over so many steps, in the DOT language, which Graphviz and many web pages draw: the inputs x(1), x(2), …
 * below, the cells of each layer and direction in a row, from left to right in time, the outputs y(1), y(2), … above. Arrows along a row hand the
 * state on, from the one that the sequence begins with to the last. On each arrow stands the parameter that multiplies what goes along it, by its name in the state dict: it is
 * the same at all steps. Biases, and what else belongs to the inside of a cell, are not drawn.
 *
 * `model` is the network, or has one in it.
 *
 * @throws ArgumentError when there is no recurrent network or more than one, and for a number of steps below 1.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RNN, unrolled } from '@dl/rnn';
 * await useBackend(cpu());
 * const dot = unrolled(new RNN(3, 5), 4);
 * console.log(dot.includes('h0_1 -> h0_2 [label="weight_hh_l0"')); // true
 * ```
 */
export function unrolled(model: AnyModule, steps: number): string {
  checkCall('unrolled', arguments, ['model', 'steps']);
  if (!isModule(model)) throw new ArgumentError(`unrolled: the model is ${shown(model)}, needs a Module`);
  checkInteger('unrolled', 'steps', steps, 1);
  const networks = networksOf(model);
  if (networks.length !== 1) {
    const what =
      networks.length === 0
        ? 'no recurrent network; needs an RNN, LSTM or GRU, or a model with one'
        : `${networks.length} recurrent networks (${networks.map(([name]) => name).join(', ')}); draw one of them at a time, unrolled(model.${networks[0]![0]}, ${steps})`;
    throw new ArgumentError(`unrolled: ${model.constructor.name} has ${what}`);
  }
  return diagramToDot(new Unrolled(model, networks[0]![1], steps).diagram());
}

/** Inches from one step to the next, and from one row to the next. */
const [WIDE, HIGH] = [3.2, 1];
const GREEN = 'darkgreen';
/** Of each state that is handed on. */
const STATES = ['blue', 'firebrick'];

/** A vertex of each step: its id with the step in place of #, and its column beside that of the step. */
interface Row {
  readonly id: string;
  readonly aside: number;
}

class Unrolled {
  readonly #network: Stacked;
  /** Of parameters, in the model. */
  readonly #names: ReadonlyMap<Tensor, string>;
  readonly #steps: readonly number[];
  readonly #vertices: DiagramVertex[] = [];
  readonly #arrows: DiagramArrow[] = [];
  /** How many rows there are so far. */
  #height = 0;

  constructor(model: AnyModule, network: Stacked, steps: number) {
    this.#network = network;
    this.#names = new Map(model.namedParameters().map(([name, parameter]) => [parameter, name]));
    this.#steps = Array.from({ length: steps }, (_, i) => i + 1);
  }

  diagram(): Diagram {
    const { numLayers, inputSize, bidirectional, kind } = this.#network;
    let below = this.#ends('x', inputSize);
    for (let layer = 0; layer < numLayers; layer++) below = this.#layer(layer, below);
    const outputs = this.#ends('y', kind.size * (bidirectional ? 2 : 1));
    this.#connect(below, outputs);
    return { vertices: this.#vertices, arrows: this.#arrows };
  }

  /** The inputs or the outputs. */
  #ends(letter: 'x' | 'y', size: number): Row {
    return this.#row(`${letter}#`, 0, (step) => ({
      label: `${letter}(${step})\n${formatShape([size])}`,
      shape: 'plaintext',
    }));
  }

  /** Cells in one direction or in both, and what comes out of them. */
  #layer(layer: number, below: Row): Row {
    const { bidirectional, reverse, residual } = this.#network;
    let out = this.#cells(layer, reverse, below);
    if (bidirectional) {
      const other = this.#cells(layer, true, below);
      out = this.#joined(`both${layer}_#`, '[h, h]', 0, [out, other]);
    }
    return residual && layer > 0 ? this.#joined(`sum${layer}_#`, '+', -0.3, [out, below]) : out;
  }

  #cells(layer: number, reverse: boolean, below: Row): Row {
    const { kind, inputSize, bidirectional } = this.#network;
    // The first is what goes into products.
    const states = Object.keys(kind.states([inputSize]));
    const [input, recurrent] = Object.values(this.#network.weightsOf(layer, { reverse: reverse && bidirectional })).map(
      (w) => this.#names.get(w)!,
    );
    const last = this.#steps.length + 1;
    // Aside, so that what goes to the upper row passes by the cells of the lower one.
    const row = this.#row(`${reverse ? 'r' : 'h'}${layer}_#`, reverse ? 0.4 : 0, (step) => ({
      label: `${this.#network.constructor.name}\n${states.map((state) => `${state}(${step})`).join(', ')}`,
      shape: 'box',
      fill: reverse ? 'wheat' : 'lightblue',
    }));
    for (const step of [0, last]) {
      const isBegin = (step === 0) !== reverse;
      this.#add(row, step, {
        label: `${states.join(', ')}\nat the ${isBegin ? 'begin' : 'end'}`,
        shape: 'plaintext',
      });
    }
    this.#connect(below, row, [GREEN]);
    const middle = below.aside === row.aside ? row.aside - 0.2 : row.aside + (reverse ? 0.22 : 0.1);
    const from = { id: `${row.id}_input`, aside: middle };
    for (const step of this.#steps) this.#note(from, step, -0.45, input!, GREEN);
    for (let step = 0; step < last; step++) {
      const ends = [at(row, step), at(row, step + 1)];
      const [start, end] = (reverse ? ends.reverse() : ends) as [string, string];
      this.#arrows.push({ from: start, to: end, colors: STATES.slice(0, states.length) });
      // What comes out at the end has met no weight.
      const isEnd = step === (reverse ? 0 : last - 1);
      for (const [i, state] of states.entries()) {
        const between = { id: `${row.id}_${state}`, aside: row.aside + 0.5 };
        const label = i === 0 && !isEnd ? recurrent! : state;
        this.#note(between, step, i === 0 ? 0.13 : -0.13, label, STATES[i]!);
      }
    }
    return row;
  }

  /** A vertex at each step where several come together: side by side, or in a sum. */
  #joined(id: string, label: string, aside: number, from: readonly Row[]): Row {
    const row = this.#row(id, aside, () => ({ label, shape: 'ellipse' }));
    for (const each of from) this.#connect(each, row);
    return row;
  }

  /** A row above the others, with a vertex for each step. */
  #row(id: string, aside: number, look: (step: number) => Omit<DiagramVertex, 'id' | 'at'>): Row {
    this.#height++;
    for (const step of this.#steps) this.#add({ id, aside }, step, look(step));
    return { id, aside };
  }

  #add(row: Row, step: number, look: Omit<DiagramVertex, 'id' | 'at'>, higher = 0): void {
    const place = [(step + row.aside) * WIDE, (this.#height - 1 + higher) * HIGH].map((x) => Number(x.toFixed(2)));
    this.#vertices.push({ ...look, id: at(row, step), at: place as [number, number] });
  }

  /** What stands on an arrow: a parameter, or a state. */
  #note(row: Row, step: number, higher: number, label: string, color: string): void {
    this.#add(row, step, { label, shape: 'plaintext', color, fontSize: 9 }, higher);
  }

  #connect(from: Row, to: Row, colors?: readonly string[]): void {
    for (const step of this.#steps)
      this.#arrows.push({ from: at(from, step), to: at(to, step), ...(colors && { colors }) });
  }
}

const at = ({ id }: Row, step: number): string => id.replace('#', String(step));
