// Programs that write several textures at once: a thread then computes several texels from the same ones that it read.
// gpu.js cannot say where such a program writes, so these are compiled here, in the context that it made.

import { BackendError, type Platform } from '@dl/autograd';
import type { Gl } from './gpu-js.js';
import { type Arguments, common, expand } from './program.js';
import type { PooledTexture } from './texture-pool.js';

/** How many textures every device of WebGL 2 can write at once. */
export const OUTPUTS = 4;

export interface MultiOutputProgram {
  readonly name: string;
  /** The arguments, in this order: textures, whole numbers, floats. */
  readonly textures: readonly string[];
  readonly ints: readonly string[];
  readonly floats: readonly string[];
  readonly glsl: string;
  /** How many textures it writes. */
  readonly outputs: number;
  /** Whether textures have more than {@link MOST_COUNTED} texels. */
  readonly isLarge: boolean;
}

/** How many texels of a texture floats can count. */
export const MOST_COUNTED = 2 ** 24;

/**
 * A program in GLSL that defines `void texels(int t)`, which sets `y0`, `y1` and so on to texel t of each result. `$name` is an
 * argument, `name_texel(t)` four elements of a texture, and `name_here()` the four at the place of the results, in a texture of
 * their size.
 */
export function multiOutputProgram(
  name: string,
  { textures = [], ints = [], floats = [] }: Arguments,
  glsl: string,
  { outputs = OUTPUTS, isLarge = false } = {},
): MultiOutputProgram {
  return { name, textures, ints, floats, glsl, outputs, isLarge };
}

interface Compiled {
  readonly program: WebGLProgram;
  readonly size: WebGLUniformLocation | null;
  readonly sizes: readonly (WebGLUniformLocation | null)[];
  readonly scales: readonly (WebGLUniformLocation | null)[];
  readonly ints: readonly (WebGLUniformLocation | null)[];
  readonly floats: readonly (WebGLUniformLocation | null)[];
}

/** Those of one drawing context. */
export class MultiOutput {
  readonly #gl: Gl;
  readonly #corners: WebGLBuffer;
  readonly #framebuffer: WebGLFramebuffer;
  readonly #compiled = new Map<MultiOutputProgram, Compiled>();
  readonly #attachments: readonly number[];
  readonly #drawBuffers: (buffers: readonly number[]) => void;
  /** How many textures the framebuffer writes now. */
  #outputs = 0;

  /** Undefined where the device cannot. */
  static in(gl: Gl, corners: Platform<'WebGLBuffer'>): MultiOutput | undefined {
    if ('drawBuffers' in gl) return new MultiOutput(gl, corners, (buffers) => gl.drawBuffers(buffers));
    const extension = gl.getExtension('WEBGL_draw_buffers');
    if (extension === null || (gl.getParameter(extension.MAX_DRAW_BUFFERS_WEBGL) as number) < OUTPUTS) return undefined;
    return new MultiOutput(gl, corners, (buffers) => extension.drawBuffersWEBGL(buffers));
  }

  private constructor(gl: Gl, corners: WebGLBuffer, drawBuffers: (buffers: readonly number[]) => void) {
    this.#gl = gl;
    this.#corners = corners;
    this.#framebuffer = gl.createFramebuffer()!;
    this.#attachments = Array.from({ length: OUTPUTS }, (_, i) => gl.COLOR_ATTACHMENT0 + i);
    this.#drawBuffers = drawBuffers;
  }

  get programs(): number {
    return this.#compiled.size;
  }

  /** Fills textures of one size. */
  run(
    what: MultiOutputProgram,
    targets: readonly PooledTexture[],
    inputs: readonly PooledTexture[],
    ints: readonly number[],
    floats: readonly number[],
  ): void {
    const gl = this.#gl;
    let compiled = this.#compiled.get(what);
    if (compiled === undefined) {
      compiled = this.#compile(what);
      this.#compiled.set(what, compiled);
    }
    const { width, height } = targets[0]!;
    gl.useProgram(compiled.program);
    for (const [i, { texture, width, height }] of inputs.entries()) {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform2f(compiled.sizes[i]!, width, height);
      gl.uniform2f(compiled.scales[i]!, 1 / width, 1 / height);
    }
    for (const [i, value] of ints.entries()) gl.uniform1i(compiled.ints[i]!, value);
    for (const [i, value] of floats.entries()) gl.uniform1f(compiled.floats[i]!, value);
    gl.uniform2i(compiled.size, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    for (const [i, { texture }] of targets.entries()) {
      gl.framebufferTexture2D(gl.FRAMEBUFFER, this.#attachments[i]!, gl.TEXTURE_2D, texture, 0);
    }
    if (this.#outputs !== targets.length) {
      this.#drawBuffers(this.#attachments.slice(0, targets.length));
      this.#outputs = targets.length;
    }
    gl.viewport(0, 0, width, height);
    gl.scissor(0, 0, width, height);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#corners);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    // A texture that is still attached here cannot be read by the next program that runs here.
    for (const attachment of this.#attachments.slice(0, targets.length)) {
      gl.framebufferTexture2D(gl.FRAMEBUFFER, attachment, gl.TEXTURE_2D, null, 0);
    }
  }

  #compile(what: MultiOutputProgram): Compiled {
    const gl = this.#gl;
    const isVersion2 = 'drawBuffers' in gl;
    const program = gl.createProgram()!;
    const shaders = [
      [gl.VERTEX_SHADER, vertexShader(isVersion2)],
      [gl.FRAGMENT_SHADER, fragmentShader(what, isVersion2)],
    ] as const;
    for (const [kind, source] of shaders) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true && !gl.isContextLost()) {
        throw new BackendError(
          `gpu: the kernel ${what.name} does not compile here: ${String(gl.getShaderInfoLog(shader)).split('\n')[0]}`,
        );
      }
      gl.attachShader(program, shader);
      // It goes with the program.
      gl.deleteShader(shader);
    }
    gl.bindAttribLocation(program, 0, 'corner');
    gl.linkProgram(program);
    if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
      throw new BackendError(`gpu: the kernel ${what.name} does not link here: ${gl.getProgramInfoLog(program)}`);
    }
    gl.useProgram(program);
    for (const [i, name] of what.textures.entries()) {
      gl.uniform1i(gl.getUniformLocation(program, `user_${name}`), i);
    }
    return {
      program,
      size: gl.getUniformLocation(program, 'outSize'),
      sizes: what.textures.map((name) => gl.getUniformLocation(program, `${name}_size`)),
      scales: what.textures.map((name) => gl.getUniformLocation(program, `${name}_scale`)),
      ints: what.ints.map((name) => gl.getUniformLocation(program, `user_${name}`)),
      floats: what.floats.map((name) => gl.getUniformLocation(program, `user_${name}`)),
    };
  }
}

/**
 * Reading by places from 0 to 1 was measured to be faster than reading by whole numbers. Floats count the texels of all but the
 * largest textures; widths are powers of two, so that their inverses are exact.
 */
function reader(texture: string, isLarge: boolean): string {
  const place = isLarge
    ? `int row = t / int(${texture}_size.x);
  vec2 place = vec2(float(t - row * int(${texture}_size.x)), float(row)) + 0.5;
  return TEXTURE(user_${texture}, place * ${texture}_scale);`
    : `float along = float(t) * ${texture}_scale.x;
  float row = floor(along);
  return TEXTURE(user_${texture}, vec2(along - row + 0.5 * ${texture}_scale.x, (row + 0.5) * ${texture}_scale.y));`;
  return `
uniform sampler2D user_${texture};
uniform vec2 ${texture}_size;
uniform vec2 ${texture}_scale;
vec4 ${texture}_texel(int t) {
  ${place}
}
vec4 ${texture}_here() { return TEXTURE(user_${texture}, here); }
`;
}

function vertexShader(isVersion2: boolean): string {
  return `${isVersion2 ? '#version 300 es\nin' : 'attribute'} vec2 corner;
${isVersion2 ? 'out' : 'varying'} vec2 here;
void main() {
  gl_Position = vec4(corner, 0.0, 1.0);
  here = 0.5 * corner + 0.5;
}
`;
}

function fragmentShader(what: MultiOutputProgram, isVersion2: boolean): string {
  const { textures, ints, floats, glsl, isLarge } = what;
  const outputs = Array.from({ length: what.outputs }, (_, i) =>
    isVersion2 ? `layout(location = ${i}) out highp vec4 y${i};` : `#define y${i} gl_FragData[${i}]`,
  );
  return `${isVersion2 ? '#version 300 es' : '#extension GL_EXT_draw_buffers : require'}
precision highp float;
precision highp int;
precision highp sampler2D;
${outputs.join('\n')}
${isVersion2 ? 'in' : 'varying'} vec2 here;
uniform ivec2 outSize;
${ints.map((name) => `uniform int user_${name};`).join('\n')}
${floats.map((name) => `uniform float user_${name};`).join('\n')}
${common}
${textures.map((name) => reader(name, isLarge)).join('')}
${expand(glsl)}
void main() {
  texels(int(here.x * float(outSize.x)) + int(here.y * float(outSize.y)) * outSize.x);
}
`;
}
