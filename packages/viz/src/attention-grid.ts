// Every head of every layer at a glance: small heat maps, a row for each layer and a column for each head.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import { bar, checkWeights, largest } from './attention-map.js';
import { imageUri, type Stack } from './images.js';
import { AXIS_LINE, escapeText, formatNumber, MUTED, svgRoot, textElement, textWidth } from './svg.js';
import { checkChoice, checkOptionalText, checkText, checkWhole, show } from './validate.js';

/** Options of {@link attentionGrid}. */
export interface AttentionGridOptions {
  /** Drawn on top, and the name that a screen reader says. */
  readonly title?: string;
  /** What each layer is called. Default 'layer 1', 'layer 2', … */
  readonly layers?: readonly string[];
  /** Longer side of a heat map in px, 16 to 600. Default 84. */
  readonly tileSize?: number;
  /** Which weight has the full colour: the largest of each heat map (`each`, default), or of all, which keeps them comparable. */
  readonly scale?: 'each' | 'all';
}

const attentionGridOptions: Known<AttentionGridOptions> = {
  title: 'string',
  layers: 'list',
  tileSize: 'number',
  scale: ['each', 'all'],
};

const MARGIN = 4;
const GAP = 8;

/**
 * Draws weights[layer][head][query][key], and returns the picture as an SVG string: a row of heat maps for each layer, with one for each head. Of each heat map the rows are
 * queries and the columns keys, as in `attentionMap`, which draws one of them large. Layers may have heads and lengths of their own.
 *
 * @param weights For each layer a list of heads, each a row of numbers of at least 0 for each query: `maps.map(({ weights }) => weights[0])` of what `attentionMaps` of
 *   @dl/attention gives, for the first sequence.
 * @throws ArgumentError, in one sentence, for no layers or heads, for what `attentionMap` would not take, names that do not match.
 *
 * @example
 * ```ts
 * import { attentionGrid } from '@dl/viz';
 * const [diagonal, even] = [[[1, 0], [0, 1]], [[0.5, 0.5], [0.5, 0.5]]];
 * const svg = attentionGrid([[diagonal, even], [even, even]], { layers: ['first', 'second'] });
 * console.log(svg.includes('second, head 2')); // true
 * ```
 */
export function attentionGrid(
  weights: readonly (readonly (readonly ArrayLike<number>[])[])[],
  options: AttentionGridOptions = {},
): string {
  checkCall('attentionGrid', arguments, ['weights'], attentionGridOptions);
  const sizes = checkLayers(weights);
  const names = namesOf(options.layers, weights.length);
  const { title, tileSize = 84, scale = 'each' } = options;
  checkOptionalText('attentionGrid', 'title', title);
  checkWhole('attentionGrid', 'tileSize', tileSize, 16, 600);
  checkChoice('attentionGrid', 'scale', scale, ['each', 'all']);

  const most = Math.max(...weights.flat().map(largest));
  const heads = Math.max(...weights.map(({ length }) => length));
  const left = Math.ceil(MARGIN + Math.max(...names.map((name) => textWidth(name, 12))) + 8);
  const parts: string[] = [];
  let top = MARGIN;
  if (title !== undefined) {
    parts.push(textElement(MARGIN, top + 10, title, { size: 16, anchor: 'start', bold: true }));
    top += 32;
  }
  const sideOf = (length: number, layer: number): number =>
    Math.max(1, (tileSize * length) / Math.max(...sizes[layer]!.flatMap(({ rows, columns }) => [rows, columns])));
  for (let h = 0; h < heads; h++) {
    parts.push(textElement(left + h * (tileSize + GAP) + tileSize / 2, top + 8, `head ${h + 1}`, { color: MUTED }));
  }
  top += 22;
  weights.forEach((layer, l) => {
    const height = Math.max(...sizes[l]!.map(({ rows }) => sideOf(rows, l)));
    parts.push(textElement(left - 8, top + height / 2, names[l]!, { anchor: 'end' }));
    layer.forEach((matrix, h) => {
      const { rows, columns } = sizes[l]![h]!;
      const full = scale === 'all' ? most : largest(matrix);
      const [x, width, tall] = [left + h * (tileSize + GAP), sideOf(columns, l), sideOf(rows, l)];
      const place = `x="${x}" y="${top}" width="${width}" height="${tall}"`;
      const hint = `${names[l]}, head ${h + 1}: ${rows} queries, ${columns} keys, weights up to ${formatNumber(largest(matrix))}`;
      parts.push(
        `<g><title>${escapeText(hint)}</title><image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${imageUri(stackOf(matrix, columns), 0, [0, full], 'blues')}"/><rect ${place} fill="none" stroke="${AXIS_LINE}" stroke-width="0.5"/></g>`,
      );
    });
    top += Math.ceil(height) + GAP;
  });
  let width = left + heads * (tileSize + GAP) - GAP + MARGIN;
  if (title !== undefined) width = Math.max(width, MARGIN * 2 + textWidth(title, 17.5));
  if (scale === 'all') {
    parts.push(...bar(most, left, top + 4));
    width = Math.max(width, left + 160);
    top += 34;
  }
  return svgRoot(
    {
      width: Math.ceil(width),
      height: Math.ceil(top - GAP + MARGIN),
      title: title ?? 'Attention of all heads',
      description: `${weights.length} layers (${names.join(', ')}) of up to ${heads} heads; a row of each heat map is a query, a column a key.`,
    },
    parts.join('\n'),
  );
}

/** One heat map as the only image of a stack. */
function stackOf(matrix: readonly ArrayLike<number>[], columns: number): Stack {
  return {
    count: 1,
    height: matrix.length,
    width: columns,
    planes: 1,
    at: (_image, _plane, pixel) => matrix[Math.floor(pixel / columns)]![pixel % columns]!,
  };
}

function checkLayers(weights: unknown): ReturnType<typeof checkWeights>[][] {
  const where = 'attentionGrid';
  const isFilled = (list: unknown): list is unknown[] => Array.isArray(list) && list.length > 0;
  if (!isFilled(weights)) {
    throw new ArgumentError(
      `${where}: weights is ${show(weights)}, needs a list of heads for each layer: maps.map(({ weights }) => weights[0])`,
    );
  }
  return weights.map((layer, l) => {
    if (!isFilled(layer)) {
      throw new ArgumentError(`${where}: layer ${l} of weights is ${show(layer)}, needs a list of heads, at least one`);
    }
    return layer.map((matrix, h) => checkWeights(where, `head ${h} of layer ${l}`, matrix));
  });
}

function namesOf(names: readonly string[] | undefined, count: number): readonly string[] {
  if (names === undefined) return Array.from({ length: count }, (_, i) => `layer ${i + 1}`);
  if (!Array.isArray(names) || names.length !== count) {
    const got = Array.isArray(names) ? `${names.length} names` : show(names);
    throw new ArgumentError(
      `attentionGrid: layers are ${got} for ${count} layers of weights; give one string for each`,
    );
  }
  names.forEach((name, i) => checkText('attentionGrid', `layers [${i}]`, name));
  return names;
}
