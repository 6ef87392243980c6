// A drawing of vertices and arrows, in the DOT language.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { ArgumentError } from '../errors.js';

/** A vertex of a {@link Diagram}. */
export interface DiagramVertex {
  /** By which arrows name it. */
  readonly id: string;
  /** What stands in it; may have several lines. */
  readonly label: string;
  /** A box, an ellipse, or the label alone. */
  readonly shape: 'box' | 'ellipse' | 'plaintext';
  /** What it is filled with, the name of a colour such as `lightgrey`. Default: nothing. */
  readonly fill?: string;
  /** The colour of the label. Default: black. */
  readonly color?: string;
  /** The size of the label in points. Default: 14. */
  readonly fontSize?: number;
  /** Where its middle stands, in inches to the right and up. Either all vertices have a place or none. */
  readonly at?: readonly [x: number, y: number];
}

/** An arrow of a {@link Diagram}, by the ids of its vertices. */
export interface DiagramArrow {
  readonly from: string;
  readonly to: string;
  /** Names of colours: a line beside the other for each. Default: one in black. */
  readonly colors?: readonly string[];
}

/** What {@link diagramToDot} draws. */
export interface Diagram {
  readonly vertices: readonly DiagramVertex[];
  readonly arrows: readonly DiagramArrow[];
}

/**
 * Vertices and arrows in the DOT language, which Graphviz and many web pages draw: for graphs that are not those of a tensor, which
 * `graphToDot` draws. Vertices without a place are laid out from left to right along the arrows; those with one stand there, and
 * arrows are straight.
 *
 * @throws ArgumentError for an arrow with an id that no vertex has, and when only some vertices have a place.
 *
 * @example
 * ```ts
 * import { diagramToDot } from '@dl/autograd';
 * const vertices = [
 *   { id: 'x', label: 'input', shape: 'plaintext' },
 *   { id: 'h', label: 'state', shape: 'box' },
 * ] as const;
 * console.log(diagramToDot({ vertices, arrows: [{ from: 'x', to: 'h' }] }));
 * ```
 */
export function diagramToDot(diagram: Diagram): string {
  checkCall('diagramToDot', arguments, ['diagram']);
  const { vertices, arrows } = diagram;
  const ids = new Set(vertices.map(({ id }) => id));
  const unknown = arrows.flatMap(({ from, to }) => [from, to]).find((id) => !ids.has(id));
  if (unknown !== undefined) {
    throw new ArgumentError(`diagramToDot: an arrow has ${shown(unknown)}, which is the id of no vertex`);
  }
  const placed = vertices.filter(({ at }) => at !== undefined).length;
  if (placed !== 0 && placed !== vertices.length) {
    throw new ArgumentError(
      `diagramToDot: ${placed} of ${vertices.length} vertices have a place; give all of them one, or none`,
    );
  }
  return [
    'digraph {',
    placed === 0 ? '  rankdir=LR;' : '  layout=neato; splines=line; outputorder=edgesfirst;',
    ...vertices.map(({ id, label, shape, fill, color, fontSize, at }) =>
      lineOf(named(id), [
        `label=${quoted(label)}`,
        `shape=${shape}`,
        ...(fill === undefined ? [] : ['style=filled', `fillcolor=${named(fill)}`]),
        ...(color === undefined ? [] : [`fontcolor=${named(color)}`]),
        ...(fontSize === undefined ? [] : [`fontsize=${fontSize}`]),
        ...(at === undefined ? [] : [`pos="${at.join(',')}!"`]),
      ]),
    ),
    ...arrows.map(({ from, to, colors }) =>
      lineOf(`${named(from)} -> ${named(to)}`, colors === undefined ? [] : [`color=${named(colors.join(':'))}`]),
    ),
    '}',
  ].join('\n');
}

function lineOf(what: string, look: readonly string[]): string {
  return `  ${what}${look.length === 0 ? '' : ` [${look.join(', ')}]`};`;
}

/** A name as DOT takes it: bare where it can be. */
function named(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) && !/^(?:node|edge|graph|digraph|subgraph|strict)$/i.test(name)
    ? name
    : quoted(name);
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
