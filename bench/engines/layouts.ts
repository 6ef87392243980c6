// Where a peer wants axes in another order, values are reordered on the host, outside of what is timed.

/**
 * How the axes lie on our side: `image` [N, C, H, W], `filter` [O, I, H, W], `depthwise` [C, 1, H, W], or `plain`, the
 * same everywhere.
 */
export type Layout = 'plain' | 'image' | 'filter' | 'depthwise';

/** The order of the axes where channels come last: images [N, H, W, C], filters [H, W, I, O] and [H, W, C, 1]. */
const channelsLast: Readonly<Record<Exclude<Layout, 'plain'>, readonly number[]>> = {
  image: [0, 2, 3, 1],
  filter: [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
};

export interface Block<V extends ArrayLike<number>> {
  readonly shape: readonly number[];
  readonly values: V;
}

type Writable = Float32Array | Int32Array | Uint8Array;

/** From our layout to channels last. */
export function toChannelsLast<V extends Writable>(block: Block<V>, layout: Layout): Block<V> {
  return layout === 'plain' ? block : reorder(block, channelsLast[layout]);
}

/** From channels last to our layout. */
export function fromChannelsLast<V extends Writable>(block: Block<V>, layout: Layout): Block<V> {
  if (layout === 'plain') return block;
  const order = channelsLast[layout];
  return reorder(
    block,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/** Axis i of the result is axis `order[i]` of the block. */
function reorder<V extends Writable>({ shape, values }: Block<V>, order: readonly number[]): Block<V> {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const to = order.map((axis) => shape[axis]!);
  const result = values.slice() as V;
  const index = to.map(() => 0);
  for (let at = 0; at < values.length; at++) {
    let from = 0;
    for (let i = 0; i < order.length; i++) from += index[i]! * strides[order[i]!]!;
    result[at] = values[from]!;
    for (let i = to.length - 1; i >= 0 && ++index[i]! === to[i]; i--) index[i] = 0;
  }
  return { shape: to, values: result };
}
