// What assembly/conv-direct*.ts export. Pointers are addresses in the heap; lengths and strides count elements.

type Pointer = number;

/** One group of an image, its result and its filters. */
type GroupSizes = readonly [
  groups: number,
  channels: number,
  height: number,
  width: number,
  filters: number,
  outHeight: number,
  outWidth: number,
  tapCount: number,
];
/** The copy of a plane: [rows, phases, pitch], in whose middle the image stands. */
type CopySizes = readonly [rows: number, pitch: number, phases: number, top: number, left: number];

export interface DirectExports {
  /** How many tiles of filters a group has. */
  directTiles(filters: number): number;
  directFilterBytes(groups: number, filters: number, channels: number, taps: number): number;
  directFilters(
    to: Pointer,
    weight: Pointer,
    groups: number,
    filters: number,
    channels: number,
    taps: number,
    groupStride: number,
    filterStride: number,
    channelStride: number,
    flipped: number,
  ): void;
  directTaps(
    to: Pointer,
    channels: number,
    kernelHeight: number,
    kernelWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    rows: number,
    pitch: number,
    phases: number,
  ): void;
  /** Units are tiles of filters of groups of images. */
  directConv(
    x: Pointer,
    weight: Pointer,
    bias: Pointer,
    y: Pointer,
    taps: Pointer,
    ...rest: [
      ...GroupSizes,
      ...CopySizes,
      spreadHeight: number,
      spreadWidth: number,
      strideHeight: number,
      first: number,
      end: number,
      scratch: Pointer,
    ]
  ): void;
  /** Units are planes of filters. */
  directGrad(
    x: Pointer,
    g: Pointer,
    y: Pointer,
    taps: Pointer,
    batch: number,
    ...rest: [...GroupSizes, ...CopySizes, strideHeight: number, first: number, end: number, scratch: Pointer]
  ): void;
}
