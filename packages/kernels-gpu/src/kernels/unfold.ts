// Unfolding an image into the columns of a convolution's product, and folding back.

import { glslProgram } from '../program.js';
import { variants } from './shared.js';

/** Numbers of a convolution that both programs take last, in this order. */
const geometryNames = ['height', 'width', 'kernelHeight', 'kernelWidth', 'outHeight', 'outWidth'];
const stepNames = ['strideY', 'strideX', 'top', 'left', 'dilationY', 'dilationX'];

/** How a program goes along the rows of an image: four neighbours at once, or, where it cannot, one by one. */
type Access = 'rows' | 'any';

/** A texel lies in one row or two of so many columns, and its neighbours are neighbours in the other image, too. */
export const accessOf = (columns: number, strideX: number): Access => (columns >= 4 && strideX === 1 ? 'rows' : 'any');

/** Four elements from i on, which may be negative; those before the first are anything. */
const fourGlsl = `
vec4 four(int i) {
  int t = QUARTER(i + 262144) - 65536;
  int lane = i - 4 * t;
  vec4 a = x_texel(t < 0 ? 0 : t);
  vec4 b = x_texel(t < 0 ? 0 : t + 1);
  return lane < 2 ? (lane == 0 ? a : vec4(a.yzw, b.x)) : (lane == 2 ? vec4(a.zw, b.xy) : vec4(a.w, b.xyz));
}
/** Zeros for those of four neighbours from column x on that lie outside of a row. */
vec4 inside(vec4 v, int x, int width) {
  return vec4(
    x >= 0 && x < width ? v.x : 0.0,
    x >= -1 && x < width - 1 ? v.y : 0.0,
    x >= -2 && x < width - 2 ? v.z : 0.0,
    x >= -3 && x < width - 3 ? v.w : 0.0
  );
}
`;

/** Four elements from `column` on of which some may belong to the next row. */
const twoRowsGlsl = (along: string, alongNext: string, columns: string): string => `
  vec4 y = ${along};
  if (column + 4 > ${columns}) {
    vec4 next = ${alongNext};
    y = vec4(y.x, column + 1 < ${columns} ? y.y : next.y, column + 2 < ${columns} ? y.z : next.z, column + 3 < ${columns} ? y.w : next.w);
  }
  return y;
`;

/** [images · groups, taps, places] of the images from `first` on. */
export const unfoldProgram = variants((access: Access) =>
  glslProgram(
    `unfold:${access}`,
    {
      textures: ['x'],
      ints: ['first', 'channels', 'taps', 'padTaps', 'places', 'padPlaces', ...geometryNames, ...stepNames],
    },
    `${
      access === 'rows'
        ? `${fourGlsl}
    vec4 along(int plane, int tapY, int tapX, int row, int column) {
      int y = row * $strideY + tapY;
      int x = column + tapX;
      if (row >= $outHeight || y < 0 || y >= $height || x <= -4 || x >= $width) return vec4(0.0);
      return inside(four((plane * $height + y) * $width + x), x, $width);
    }`
        : `
    float at(int plane, int tapY, int tapX, int place) {
      if (place >= $places) return 0.0;
      int row = place / $outWidth;
      int y = row * $strideY + tapY;
      int x = (place - row * $outWidth) * $strideX + tapX;
      if (y < 0 || y >= $height || x < 0 || x >= $width) return 0.0;
      return x_at((plane * $height + y) * $width + x);
    }`
    }
    vec4 texel(int t) {
      int line = 4 * t / $padPlaces;
      int place = 4 * t - line * $padPlaces;
      int group = line / $padTaps;
      int tap = line - group * $padTaps;
      if (tap >= $taps) return vec4(0.0);
      int tapRow = tap / $kernelWidth;
      int channel = tapRow / $kernelHeight;
      int plane = ($first + group) * $channels + channel;
      int tapY = (tapRow - channel * $kernelHeight) * $dilationY - $top;
      int tapX = (tap - tapRow * $kernelWidth) * $dilationX - $left;
      ${
        access === 'rows'
          ? `int row = place / $outWidth;
      int column = place - row * $outWidth;
      ${twoRowsGlsl(
        'along(plane, tapY, tapX, row, column)',
        'along(plane, tapY, tapX, row + 1, column - $outWidth)',
        '$outWidth',
      )}`
          : 'return vec4(at(plane, tapY, tapX, place), at(plane, tapY, tapX, place + 1), at(plane, tapY, tapX, place + 2), at(plane, tapY, tapX, place + 3));'
      }
    }`,
  ),
);

/** The counterpart: each pixel gathers what its taps received. */
export const foldProgram = variants((access: Access) => {
  const type = access === 'rows' ? 'vec4' : 'float';
  return glslProgram(
    `fold:${access}`,
    { textures: ['x'], ints: ['channels', 'taps', 'padPlaces', ...geometryNames, ...stepNames] },
    `${access === 'rows' ? fourGlsl : ''}
    ${type} gather(int row, int column) {
      int plane = row / $height;
      row -= plane * $height;
      int group = plane / $channels;
      int line = group * $taps + (plane - group * $channels) * $kernelHeight * $kernelWidth;
      ${type} y = ${type}(0.0);
      LOOP(u, $kernelHeight) {
        int down = row + $top - u * $dilationY;
        int outRow = down / $strideY;
        if (down < 0 || outRow * $strideY != down || outRow >= $outHeight) continue;
        int start = (line + u * $kernelWidth) * $padPlaces + outRow * $outWidth;
        LOOP(v, $kernelWidth) {
          int right = column + $left - v * $dilationX;
          ${
            access === 'rows'
              ? `if (right <= -4 || right >= $outWidth) continue;
          y += inside(four(start + v * $padPlaces + right), right, $outWidth);`
              : `int outColumn = right / $strideX;
          if (right < 0 || outColumn * $strideX != right || outColumn >= $outWidth) continue;
          y += x_at(start + v * $padPlaces + outColumn);`
          }
        }
      }
      return y;
    }
    ${
      access === 'rows'
        ? `vec4 texel(int t) {
      int row = 4 * t / $width;
      int column = 4 * t - row * $width;
      ${twoRowsGlsl('gather(row, column)', 'gather(row + 1, column - $width)', '$width')}
    }`
        : `float element(int i) {
      int row = i / $width;
      return gather(row, i - row * $width);
    }`
    }`,
  );
});
