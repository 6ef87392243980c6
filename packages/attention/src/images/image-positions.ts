// ImagePositions: a learned vector for each patch of an image, and between them for images of another size.

import {
  ArgumentError,
  add,
  checkCall,
  checkInteger,
  concat,
  formatShape,
  type Known,
  type Pair,
  randn,
  type Shape,
  ShapeError,
  shown,
  type Tensor,
  toPair,
} from '@dl/autograd';
import {
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameter,
  parameterOptions,
  tidied,
} from '@dl/layers';
import { bicubic } from './bicubic.js';

/** Options of {@link ImagePositions}. */
export interface ImagePositionsOptions extends ParameterOptions {
  /** How many tokens stand before the patches, such as one {@link ClassToken}: they have vectors of their own. Default 1. */
  readonly extraTokens?: number;
  /** The standard deviation that the table starts with, normal with mean 0. Default 0.02, as ViT has it. */
  readonly std?: number;
}

const imagePositionsOptions: Known<ImagePositionsOptions> = {
  extraTokens: 'number',
  std: 'finite',
  ...parameterOptions,
};

/** What the patches of a call look like. */
export interface ImageGrid {
  /** How many rows and columns of patches there are, as `gridOf` of {@link PatchEmbedding} says. Default: those of the table. */
  readonly grid?: readonly [rows: number, columns: number];
}

const imageGrid: Known<ImageGrid> = { grid: 'list' };

/**
 * y = x + a learned vector for each place: [N, extraTokens + rows · columns, embedDim] → the same shape. The table, `pos_embed` [1, extraTokens + rows · columns,
 * embedDim] in a `stateDict()`, is for one grid of patches. For images of another size it is stretched by bicubic interpolation, the tokens before the patches left alone,
 * as ViT does for fine-tuning at higher resolution (Dosovitskiy et al., "An image is worth 16x16 words", 2021, section 3.2); the same numbers as
 * PyTorch's `interpolate(mode='bicubic', align_corners=False)`. Gradients go through it.
 *
 * @param gridSize How many rows and columns of patches the table is for: one number for both, or [rows, columns].
 *
 * @throws ShapeError for an input that does not have as many places as the grid.
 *
 * @example
 * ```ts
 * import { useBackend, zeros } from '@dl/autograd';
 * import { ImagePositions } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const positions = new ImagePositions(4, 32);
 * console.log(positions.forward(zeros([2, 17, 32])).shape); // [2, 17, 32]: a class token and 4 rows of 4 patches
 * console.log(positions.forward(zeros([2, 25, 32]), { grid: [4, 6] }).shape); // [2, 25, 32]
 * ```
 */
export class ImagePositions extends Module<readonly [x: Tensor, image?: ImageGrid], Tensor> {
  readonly gridSize: readonly [rows: number, columns: number];
  readonly embedDim: number;
  readonly extraTokens: number;
  /** [1, extraTokens + rows · columns, embedDim]. */
  readonly table: Tensor;

  constructor(gridSize: Pair, embedDim: number, options: ImagePositionsOptions = {}) {
    checkCall('ImagePositions', arguments, ['gridSize', 'embedDim'], imagePositionsOptions);
    super();
    const { extraTokens = 1, std = 0.02, ...made } = options;
    this.gridSize = toPair('ImagePositions', 'gridSize', gridSize, 1);
    this.embedDim = checkInteger('ImagePositions', 'embedDim', embedDim, 1);
    this.extraTokens = checkInteger('ImagePositions', 'extraTokens', extraTokens, 0);
    const [rows, columns] = this.gridSize;
    this.table = parameter(randn([1, extraTokens + rows * columns, embedDim], { std, ...made }), { name: 'pos_embed' });
  }

  forward(x: Tensor, image: ImageGrid = {}): Tensor {
    checkCall('ImagePositions.forward', arguments, ['x'], imageGrid);
    needTensor('ImagePositions', x, this.table);
    const [rows, columns] = checkGrid(image.grid ?? this.gridSize);
    const places = this.extraTokens + rows * columns;
    if (x.rank !== 3 || x.shape[1] !== places || x.shape[2] !== this.embedDim) {
      throw new ShapeError(
        `ImagePositions: input is ${formatShape(x.shape)}, needs [N, ${places}, ${this.embedDim}]: ${rows} × ${columns} patches${this.extraTokens === 0 ? '' : ` and ${this.extraTokens} before them`}; say for an image of another size how many patches it has: { grid: [rows, columns] }`,
      );
    }
    return tidied(
      () => add(x, this.resized([rows, columns])),
      (y) => [y],
    );
  }

  /** The table for another grid of patches, [1, extraTokens + rows · columns, embedDim]. */
  resized(grid: readonly [rows: number, columns: number]): Tensor {
    checkCall('ImagePositions.resized', arguments, ['grid']);
    const [rows, columns] = checkGrid(grid);
    const [ownRows, ownColumns] = this.gridSize;
    const { extraTokens, embedDim, table } = this;
    if (rows === ownRows && columns === ownColumns) return table.alias();
    return tidied(
      () => {
        const patches = table.slice([null, [extraTokens, null]]).reshape([1, ownRows, ownColumns, embedDim]);
        const stretched = bicubic(patches, rows, columns).reshape([1, rows * columns, embedDim]);
        return extraTokens === 0 ? stretched : concat([table.slice([null, [0, extraTokens]]), stretched], 1);
      },
      (y) => [y],
    );
  }

  override multiplyAdds(_input: Shape, _output: Shape): number {
    return 0;
  }

  override describe(): string {
    return formatArguments([], {
      gridSize: [this.gridSize, undefined],
      embedDim: [this.embedDim, undefined],
      extraTokens: [this.extraTokens, 1],
    });
  }
}

function checkGrid(grid: readonly number[]): readonly [rows: number, columns: number] {
  if (!Array.isArray(grid) || grid.length !== 2 || !grid.every((count) => Number.isInteger(count) && count > 0)) {
    throw new ArgumentError(
      `ImagePositions: grid is ${shown(grid)}, needs how many rows and columns of patches there are, such as [14, 14]`,
    );
  }
  return grid as readonly number[] as readonly [number, number];
}
