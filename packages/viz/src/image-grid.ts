// Many small images in a grid, every pixel crisp: samples, filters, feature maps, mistakes.

import { ArgumentError, checkCall, type Known } from '@dl/autograd';
import {
  brokenPixels,
  type Images,
  imageUri,
  type Palette,
  paletteUri,
  type Range,
  rangeOf,
  type Stack,
  stackOf,
} from './images.js';
import { AXIS_LINE, escapeText, formatNumber, MUTED, svgRoot, textElement, textWidth, wrapText } from './svg.js';
import { checkChoice, checkOptionalText, checkText, checkWhole, show } from './validate.js';

/** Options of {@link imageGrid}. */
export interface ImageGridOptions {
  /** Drawn on top, and the name that a screen reader says. */
  readonly title?: string;
  /** One per image, drawn below it; broken at spaces and at newlines. */
  readonly captions?: readonly string[];
  /** Images per row. Default: as many as fit in about 770 px, with rows of equal length where that works out. */
  readonly columns?: number;
  /** Width of the place that each image stands in, in px; grids of one tile width line up. Default: what image and caption need. */
  readonly tileWidth?: number;
  /** Side of one pixel of an image, in px of the picture, 1 to 200. Default: what makes an image about 84 px large. */
  readonly pixelSize?: number;
  /**
   * Which values become the two ends of the palette:
   * - 'each' (the default): smallest and largest of each image by itself;
   * - 'all': smallest and largest of all images, which keeps them comparable;
   * - 'symmetric': -m and m, where m is the largest magnitude in all images, so that 0 is the middle;
   * - [low, high]: these; values outside take the colour of the end.
   *
   * An image of one value only stands at the low end.
   */
  readonly scale?: 'each' | 'all' | 'symmetric' | readonly [low: number, high: number];
  /**
   * Colours of one-channel images: 'grey' (black to white), 'ink' (white to black), 'diverging' (blue, near-white,
   * orange). Default 'grey', with scale 'symmetric' 'diverging'. Colour images have none: each channel runs
   * from 0 to 255 over the scale.
   */
  readonly palette?: Palette;
  /** Which channel of [N, C, H, W] to draw, or which three as red, green, blue. Default: the only one, or all three. */
  readonly channels?: number | readonly [red: number, green: number, blue: number];
  /** A bar that shows which colour is which value. Default: true for scale 'all' and 'symmetric' in one channel. */
  readonly scaleBar?: boolean;
}

const imageGridOptions: Known<ImageGridOptions> = {
  title: 'string',
  captions: 'list',
  columns: 'number',
  tileWidth: 'number',
  pixelSize: 'number',
  scale: 'list or string',
  palette: ['grey', 'ink', 'diverging'],
  channels: 'number or list',
  scaleBar: 'boolean',
};

const MOST = 4096;
const MARGIN = 4;
const GAP = 10;
const PAGE = 770;
const CAPTION_SIZE = 12;
const CAPTION_LINE = 15;
const BAR_WIDTH = 180;

/**
 * Draws N images side by side, and returns the picture as an SVG string; each image in it is a PNG with one
 * pixel per value. A value that is not finite is drawn in magenta, a colour that no palette has.
 *
 * @param images `shape` [N, H, W], or [N, C, H, W] with C = 1, C = 3 or `channels` chosen; at most 4096 images.
 * @throws ArgumentError, in one sentence, for data that does not fill its shape, another rank, channels
 *   that are not there, captions that are not as many as images, options out of range.
 *
 * @example
 * ```ts
 * import { imageGrid } from '@dl/viz';
 * const data = [0, 1, 1, 0, 1, 0, 0, 1]; // two images of 2 × 2
 * const svg = imageGrid({ data, shape: [2, 2, 2] }, { captions: ['one', 'other'], palette: 'ink' });
 * console.log(svg.includes('other')); // true
 * ```
 */
export function imageGrid(images: Images, options: ImageGridOptions = {}): string {
  checkCall('imageGrid', arguments, ['images'], imageGridOptions);
  return drawGrid('imageGrid', images, options, (n) => `image ${n}`);
}

/** {@link imageGrid} under another name in errors, and with the caller's words for an image without caption. */
export function drawGrid(
  where: string,
  images: Images,
  options: ImageGridOptions,
  nameOf: (image: number) => string,
): string {
  const stack = stackOf(where, images, options.channels);
  checkGridOptions(where, stack, options);
  const { title, captions, scale = 'each', palette = scale === 'symmetric' ? 'diverging' : 'grey' } = options;
  const { scaleBar = (scale === 'all' || scale === 'symmetric') && stack.planes === 1 } = options;
  const shared = sharedRange(stack, scale);
  const { columns, pixelSize, tile, rows } = arrange(stack, options);
  const imageWidth = stack.width * pixelSize;
  const imageHeight = stack.height * pixelSize;

  // A number stays with its unit.
  const lines = captions?.map((caption) => wrapText(caption.replaceAll(' %', '\u00a0%'), tile, CAPTION_SIZE));
  const parts: string[] = [];
  let top = MARGIN;
  if (title !== undefined) {
    parts.push(textElement(MARGIN, top + 8, title, { size: 16, anchor: 'start', bold: true }));
    top += 34;
  }
  for (let row = 0; row < rows; row++) {
    let captionLines = 0;
    for (let n = row * columns; n < Math.min((row + 1) * columns, stack.count); n++) {
      const x = MARGIN + (n - row * columns) * (tile + GAP);
      const range = shared ?? rangeOf(stack, n);
      const hint = escapeText(hintOf(stack, n, captions?.[n] ?? nameOf(n)));
      const place = `x="${x + (tile - imageWidth) / 2}" y="${top}" width="${imageWidth}" height="${imageHeight}"`;
      parts.push(
        `<g><title>${hint}</title><image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${imageUri(stack, n, range, palette)}"/></g>`,
      );
      const caption = lines?.[n] ?? [];
      captionLines = Math.max(captionLines, caption.length);
      caption.forEach((line, i) => {
        const y = top + imageHeight + 11 + i * CAPTION_LINE;
        parts.push(textElement(x + tile / 2, y, line, { size: CAPTION_SIZE }));
      });
    }
    top += imageHeight + (captionLines > 0 ? captionLines * CAPTION_LINE + 8 : 0) + GAP;
  }

  let width = MARGIN * 2 + columns * tile + (columns - 1) * GAP;
  if (title !== undefined) width = Math.max(width, MARGIN * 2 + textWidth(title, 17.5));
  if (scaleBar && shared !== undefined) {
    parts.push(...bar(palette, shared, MARGIN, top + 4));
    width = Math.max(width, MARGIN * 2 + BAR_WIDTH + 40);
    top += 40;
  }
  return svgRoot(
    {
      width: Math.ceil(width),
      height: Math.ceil(top - GAP + MARGIN),
      title: title ?? `${stack.count} ${stack.count === 1 ? 'image' : 'images'}`,
      description: describe(stack, captions),
    },
    parts.join('\n'),
  );
}

function sharedRange(stack: Stack, scale: NonNullable<ImageGridOptions['scale']>): Range | undefined {
  if (scale === 'each') return undefined;
  if (scale !== 'all' && scale !== 'symmetric') return scale;
  const [low, high] = rangeOf(stack);
  if (scale === 'all') return [low, high];
  // All zeros must stand in the middle, and a range of one value would put them at its low end.
  const most = Math.max(-low, high) || 1;
  return [-most, most];
}

function arrange(stack: Stack, options: ImageGridOptions) {
  const { captions = [] } = options;
  const pixelSize = options.pixelSize ?? Math.max(1, Math.round(84 / Math.max(stack.width, stack.height)));
  const imageWidth = stack.width * pixelSize;
  const widest = (split: RegExp): number =>
    Math.max(0, ...captions.flatMap((text) => text.split(split)).map((part) => textWidth(part, CAPTION_SIZE)));
  // Room for a short line or the longest word; what is longer is broken.
  const needed = Math.ceil(Math.max(imageWidth, Math.min(widest(/\n/), Math.max(100, imageWidth)), widest(/[ \n]/)));
  const tile = Math.max(options.tileWidth ?? needed, imageWidth);
  const fitting = Math.max(1, Math.floor((PAGE + GAP) / (tile + GAP)));
  const columns = options.columns ?? Math.ceil(stack.count / Math.ceil(stack.count / fitting));
  return { pixelSize, tile, columns: Math.min(columns, stack.count), rows: Math.ceil(stack.count / columns) };
}

function hintOf(stack: Stack, image: number, name: string): string {
  const [low, high] = rangeOf(stack, image);
  const broken = brokenPixels(stack, image);
  const note = broken === 0 ? '' : `, ${broken} not finite`;
  return `${name} (${formatNumber(low)} to ${formatNumber(high)}${note})`;
}

function bar(palette: Palette, [low, high]: Range, x: number, y: number): string[] {
  const place = `x="${x}" y="${y}" width="${BAR_WIDTH}" height="10"`;
  const tick = (share: number, anchor: 'start' | 'middle' | 'end'): string =>
    textElement(x + share * BAR_WIDTH, y + 20, formatNumber(low + share * (high - low)), {
      size: 11,
      color: MUTED,
      anchor,
    });
  const ticks = [tick(0, 'start'), tick(1, 'end')];
  if (low === -high) ticks.push(tick(0.5, 'middle'));
  return [
    `<image ${place} preserveAspectRatio="none" href="${paletteUri(palette, 64)}"/>`,
    `<rect ${place} fill="none" stroke="${AXIS_LINE}" stroke-width="0.5"/>`,
    ...ticks,
  ];
}

function describe(stack: Stack, captions: readonly string[] | undefined): string {
  const [low, high] = rangeOf(stack);
  const size = `${stack.count} of ${stack.height} × ${stack.width} pixels, values ${formatNumber(low)} to ${formatNumber(high)}`;
  return captions === undefined ? `${size}.` : `${size}: ${captions.join('; ').replaceAll('\n', ' ')}.`;
}

function checkGridOptions(where: string, stack: Stack, options: ImageGridOptions): void {
  const { captions, columns, pixelSize, scale, palette } = options;
  if (stack.count > MOST) {
    throw new ArgumentError(
      `${where}: ${stack.count} images are too many to look at, needs at most ${MOST}; draw some of them`,
    );
  }
  checkOptionalText(where, 'title', options.title);
  if (captions !== undefined) {
    if (!Array.isArray(captions) || captions.length !== stack.count) {
      const got = Array.isArray(captions) ? `${captions.length} captions` : `${show(captions)} as captions`;
      throw new ArgumentError(`${where}: got ${got} for ${stack.count} images; give one string per image`);
    }
    captions.forEach((caption, i) => checkText(where, `caption ${i}`, caption));
  }
  if (columns !== undefined) checkWhole(where, 'columns', columns, 1, MOST);
  if (options.tileWidth !== undefined) checkWhole(where, 'tileWidth', options.tileWidth, 1, 2000);
  if (pixelSize !== undefined) checkWhole(where, 'pixelSize', pixelSize, 1, 200);
  if (palette !== undefined) {
    checkChoice(where, 'palette', palette, ['grey', 'ink', 'diverging']);
    if (stack.planes === 3) {
      throw new ArgumentError(
        `${where}: palette '${palette}' is for one channel, but these images are in colour; leave it out or choose a channel`,
      );
    }
  }
  if (Array.isArray(scale)) {
    const [low, high] = scale as readonly unknown[];
    if (scale.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high) || (low as number) >= (high as number)) {
      throw new ArgumentError(
        `${where}: scale is [${scale.map(show).join(', ')}], needs [low, high] with low below high`,
      );
    }
  } else if (scale !== undefined) {
    checkChoice(where, 'scale', scale, ['each', 'all', 'symmetric']);
  }
}
