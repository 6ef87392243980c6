// What assembly/winograd*.ts export. Pointers are addresses in the heap; lengths and strides count elements.

type Pointer = number;

/** The tiles of a block: how they lie in the images, which of them, and for how many there is room. */
type Block = readonly [tilesY: number, tilesX: number, t0: number, count: number, block: number];

export interface WinogradExports {
  /** Whether no number is larger than so many times the mean of their sizes. */
  isEven(x: number, n: number, times: number): number;
  winogradFilterBytes(filters: number, depth: number): number;
  /** Quads of filters from `first` to `end`. */
  winogradFilters(
    to: Pointer,
    weight: Pointer,
    filters: number,
    depth: number,
    filterStride: number,
    depthStride: number,
    flipped: number,
    first: number,
    end: number,
    scratch: Pointer,
  ): void;
  winogradBytes(channels: number, filters: number, tilesX: number, block: number): number;
  /** Tiles from `first` to `end`. */
  winogradTiles(
    x: Pointer,
    filtersOf: Pointer,
    bias: Pointer,
    y: Pointer,
    channels: number,
    height: number,
    width: number,
    imageStride: number,
    filters: number,
    outHeight: number,
    outWidth: number,
    resultStride: number,
    padTop: number,
    padLeft: number,
    tilesY: number,
    tilesX: number,
    first: number,
    end: number,
    block: number,
    scratch: Pointer,
  ): void;
  winogradGradBlockBytes(channels: number, filters: number, block: number): number;
  winogradGradSumBytes(channels: number, filters: number): number;
  winogradGradBytes(tilesX: number, block: number): number;
  /** Quads of channels from `first` to `end`. */
  winogradGradImage(
    to: Pointer,
    x: Pointer,
    channels: number,
    height: number,
    width: number,
    imageStride: number,
    padTop: number,
    padLeft: number,
    ...rest: [...Block, first: number, end: number, scratch: Pointer]
  ): void;
  /** Quads of filters from `first` to `end`. */
  winogradGradResult(
    to: Pointer,
    g: Pointer,
    filters: number,
    height: number,
    width: number,
    resultStride: number,
    ...rest: [...Block, first: number, end: number, scratch: Pointer]
  ): void;
  /** Panels of filters, for each of 36 elements, from `first` to `end`. */
  winogradGradMultiply(
    sums: Pointer,
    image: Pointer,
    gradient: Pointer,
    channels: number,
    filters: number,
    count: number,
    block: number,
    add: number,
    first: number,
    end: number,
    scratch: Pointer,
  ): void;
  /** Filters from `first` to `end`. */
  winogradGradTaps(
    to: Pointer,
    sums: Pointer,
    channels: number,
    filters: number,
    first: number,
    end: number,
    scratch: Pointer,
  ): void;
  /** Into how many panels a product cuts so many filters. */
  winogradGradPanels(filters: number): number;
}
