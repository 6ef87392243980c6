// Where the labels of points stand, so that they cover one another, and other points, as little as can be.

/** A rectangle, in px. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A text that is to stand beside a place. */
export interface Label {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Right, left, above, below, and between these, as shares of width and height. */
const sides: readonly (readonly [x: number, y: number])[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
];

/** A place outside of the picture is worse than any that covers something. */
const OUTSIDE = 100;

/** A box for each label, placed one after the other where it covers least of those before it and of all points. */
export function placeLabels(
  labels: readonly Label[],
  {
    height,
    gap,
    points,
    within,
  }: { readonly height: number; readonly gap: number; readonly points: readonly Box[]; readonly within: Box },
): Box[] {
  const placed: Box[] = [];
  for (const { x, y, width } of labels) {
    let best: Box | undefined;
    let least = Infinity;
    for (const [across, down] of sides) {
      const [half, middle] = [x + across * (gap + width / 2), y + down * (gap + height / 2)];
      const box: Box = {
        left: half - width / 2,
        right: half + width / 2,
        top: middle - height / 2,
        bottom: middle + height / 2,
      };
      const inside = overlap(box, within);
      const covered =
        placed.reduce((sum, other) => sum + overlap(box, other), 0) +
        points.reduce((sum, other) => sum + overlap(box, other), 0) +
        OUTSIDE * (width * height - inside);
      // Rounding leaves a little of nothing.
      if (covered < least - 1e-6) [best, least] = [box, covered];
    }
    placed.push(best!);
  }
  return placed;
}

/** The area that two boxes share. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}
