// Colours that stay apart for colour-blind readers, and ramps that turn a share into a colour.

export type Rgb = readonly [red: number, green: number, blue: number];

/** Line colours, by Okabe and Ito ("Color Universal Design", 2008), without the yellow, which is faint on white. */
export const SERIES_COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const;

/** NaN is drawn in this colour, which no ramp contains. */
export const NOT_A_NUMBER: Rgb = [214, 20, 138];

function parseHex(hex: string): Rgb {
  const bits = Number.parseInt(hex.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

/** `#0072b2`. */
export function toHex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Straight lines between evenly spaced colours: a function from [0, 1], clamped. */
function ramp(...hexes: string[]): (share: number) => Rgb {
  const stops = hexes.map(parseHex);
  return (share) => {
    const position = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const index = Math.min(Math.floor(position), stops.length - 2);
    const from = stops[index]!;
    const to = stops[index + 1]!;
    const mix = (channel: 0 | 1 | 2): number =>
      Math.round(from[channel] + (to[channel] - from[channel]) * (position - index));
    return [mix(0), mix(1), mix(2)];
  };
}

/** Black to white, as a screen shows intensity. */
export const grey = ramp('#000000', '#ffffff');
/** White to black, as ink on paper. */
export const ink = ramp('#ffffff', '#000000');
/** Blue below the middle, orange above it, near-white in the middle: signed values. */
export const diverging = ramp('#0b4f8a', '#7fb2d9', '#f7f7f7', '#f0a27a', '#a63c06');
export const blues = ramp('#eef5fb', '#8fbde0', '#0b4f8a');
export const oranges = ramp('#fff4ea', '#f6a560', '#a63c06');

/** Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it. */
function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Dark or white text, whichever stands out more on this colour. */
export function textOn(color: Rgb): string {
  // Both contrast 4.2 to 1 where (L + 0.05)² = 1.05 · (0.009 + 0.05); 0.009 is the dark's own luminance.
  return luminance(color) > 0.2 ? '#111827' : '#ffffff';
}
