// Programs: what runs on the device, written down as text and compiled when it is first used.
//
// A program is one for all shapes: sizes come as whole numbers with each run. Kernels are in GLSL: local variables of gpu.js's
// own language, a subset of JavaScript, are floats, which miss every second element from 2^24 on, and GLSL has whole numbers
// and vectors.

import { BackendError } from '@dl/autograd';
import type { GpuJsKernelSettings } from './gpu-js.js';

/** WebGL allows more on most devices, but gpu.js gives wrong values from 16 on. */
export const MOST_TEXTURES = 15;

/** The most texels in a row of a texture. */
export const WIDEST = 4096;

/** No loop runs longer: gpu.js ends loops at 1,000 unless told otherwise. */
const LONGEST_LOOP = 2 ** 24;

export interface Program {
  readonly name: string;
  /** The arguments, in this order: textures, whole numbers, floats. */
  readonly textures: readonly string[];
  readonly ints: readonly string[];
  readonly floats: readonly string[];
  /** In gpu.js's language. */
  readonly source: string;
  /** Functions in GLSL that the source calls. */
  readonly functions: readonly GlslFunction[];
  /** Numbers that are compiled in: `this.constants`. */
  readonly constants?: Readonly<Record<string, number>>;
  /** What a thread returns, and reads of a texture at once: four neighbours, or one element at its place in up to three axes. */
  readonly unit: 'texel' | 'element';
}

export interface GlslFunction {
  readonly name: string;
  readonly argumentTypes: Readonly<Record<string, string>>;
  readonly returnType: string;
  readonly glsl: string;
}

export interface Arguments {
  readonly textures?: readonly string[];
  readonly ints?: readonly string[];
  readonly floats?: readonly string[];
}

/** A program in gpu.js's language: the body of a function of its arguments, which returns the four values of texel `this.thread.x`. */
export function program(
  name: string,
  { textures = [], ints = [], floats = [] }: Arguments,
  body: string,
  functions: readonly GlslFunction[] = [],
): Program {
  if (textures.length > MOST_TEXTURES) {
    throw new BackendError(
      `gpu: the kernel ${name} takes ${textures.length} textures, and gpu.js can pass ${MOST_TEXTURES}; run it in steps of fewer inputs`,
    );
  }
  const misnamed = [...textures, ...ints, ...floats].find((argument) => !/^[a-z][a-zA-Z0-9]*$/.test(argument));
  if (misnamed !== undefined)
    throw new BackendError(`gpu: the kernel ${name} names an argument ${misnamed}; use letters and digits`);
  const source = `function (${[...textures, ...ints, ...floats].join(', ')}) {\n${body}\n}`;
  return { name, textures, ints, floats, source, functions, unit: 'texel' };
}

/** A program that computes a formula in GLSL of the elements at one place of several tensors, all of one size. */
export function formulaProgram(
  name: string,
  operands: readonly string[],
  floats: readonly string[],
  formula: string,
  before = '',
): Program {
  const parameters = operands.map((operand) => `float ${operand}`).join(', ');
  const text = `${before}
  float f(${parameters}) { ${formula.includes('return ') ? formula : `return ${formula};`} }
  ${hereGlsl(operands, operands)}`;
  return glslProgram(name, { textures: operands, floats }, text);
}

/** GLSL that calls `f` for each element of a texel: of the textures among its operands, and of numbers. */
export function hereGlsl(operands: readonly string[], textures: readonly string[]): string {
  const lane = (k: string): string =>
    `f(${operands.map((operand) => (textures.includes(operand) ? `${operand}4.${k}` : `$${operand}`)).join(', ')})`;
  return `vec4 texel(int t) {
    ${textures.map((texture) => `vec4 ${texture}4 = ${texture}_here();`).join('\n')}
    return vec4(${['x', 'y', 'z', 'w'].map(lane).join(', ')});
  }`;
}

/**
 * A program in GLSL. The text defines `float element(int i)`, the value of one element, or `vec4 texel(int t)`, the values
 * of four. `$name` is an argument; `name_at(i)` is element i of a texture, `name_texel(t)` four of
 * them, and `name_here()` the four at the place of the result, in a texture of its size.
 * `LOOP(k, n) { … }` counts k from 0 to n.
 */
export function glslProgram(name: string, args: Arguments, glsl: string): Program {
  const { textures = [] } = args;
  const text = expand(glsl);
  const perElement = text.includes('float element(')
    ? 'vec4 texel(int t) { int i = 4 * t; return vec4(element(i), element(i + 1), element(i + 2), element(i + 3)); }'
    : '';
  const whole: GlslFunction = {
    name: 'compute',
    argumentTypes: { t: 'Integer' },
    returnType: 'Array(4)',
    glsl: `vec4 compute(int t);
${common}
${textures.map(reader).join('')}
${text}
${perElement}
vec4 compute(int t) {
  ${startReaders(textures)}
  return texel(index);
}
`,
  };
  return program(name, args, 'return compute(this.thread.x);', [whole]);
}

/**
 * Where shader languages differ: WebGL 1 has neither shifts, nor reads by whole numbers, nor the bits of floats, nor loops without
 * a constant bound. Widths of textures are powers of two, so that the place of a texel is a shift and a mask. Devices that draw in
 * software shift slowly, so powers of two are made by a multiplication.
 */
export const common = `
#if __VERSION__ >= 300
#define QUARTER(i) ((i) >> 2)
#define TEXTURE texture
#define POWER_OF_2(n) intBitsToFloat(int(((n) + 127.0) * 8388608.0))
#define EXPONENT(x) float((floatBitsToInt(x) >> 23) - 127)
#define LOG2(width) ((floatBitsToInt(float(width)) >> 23) - 127)
#define READ(sampler, size, shift, t) texelFetch(sampler, ivec2((t) & (size.x - 1), (t) >> shift), 0)
#define REPEAT(k, n) for (int k = 0; k < (n); k++) {
#else
#define QUARTER(i) ((i) / 4)
#define TEXTURE texture2D
#define POWER_OF_2(n) exp2(n)
#define EXPONENT(x) exponent(x)
float exponent(float x) {
  float e = floor(log2(x));
  return exp2(e) > x ? e - 1.0 : (exp2(e + 1.0) > x ? e : e + 1.0);
}
#define LOG2(width) 0
#define READ(sampler, size, shift, t) texture2D(sampler, (vec2(float((t) - (t) / size.x * size.x), float((t) / size.x)) + 0.5) / vec2(size))
#define REPEAT(k, n) for (int k = 0; k < ${LONGEST_LOOP}; k++) { if (k >= (n)) break;
#endif
`;

/**
 * How elements of a texture are read; the names in user_… are gpu.js's for its arguments, and vTexCoord is its for the place of the
 * result. Reading there by that name takes two thirds of the time of reading by gl_FragCoord, where OpenGL is drawn in software.
 */
function reader(texture: string): string {
  return `
int ${texture}_shift;
vec4 ${texture}_texel(int t) { return READ(user_${texture}, user_${texture}Size, ${texture}_shift, t); }
vec4 ${texture}_here() { return TEXTURE(user_${texture}, vTexCoord); }
float ${texture}_at(int i) {
  int t = QUARTER(i);
  int lane = i - 4 * t;
  vec4 v = ${texture}_texel(t);
  return lane < 2 ? (lane == 0 ? v.x : v.y) : (lane == 2 ? v.z : v.w);
}
`;
}

/** What readers need to be told first, in the body of the main function. */
const startReaders = (textures: readonly string[]): string =>
  textures.map((texture) => `${texture}_shift = LOG2(user_${texture}Size.x);`).join(' ');

export function expand(glsl: string): string {
  return glsl.replaceAll(/\$(\w+)/g, 'user_$1').replaceAll(/LOOP\((\w+), ([^{]+)\) \{/g, 'REPEAT($1, $2)');
}

export function kernelSettings({ textures, ints, floats, functions, constants, unit }: Program): GpuJsKernelSettings {
  return {
    // Compiled on a texture of one texel; every run sets its own.
    output: [1],
    loopMaxIterations: LONGEST_LOOP,
    ...(constants && { constants }),
    // What gpu.js calls so has four elements in a texel, as all our textures, and is read by element.
    optimizeFloatMemory: unit === 'element',
    returnType: unit === 'element' ? 'Number' : 'Array(4)',
    argumentTypes: Object.fromEntries([
      ...textures.map(
        (name) => [name, unit === 'element' ? 'MemoryOptimizedNumberTexture' : 'ArrayTexture(4)'] as const,
      ),
      ...ints.map((name) => [name, 'Integer'] as const),
      ...floats.map((name) => [name, 'Float'] as const),
    ]),
    nativeFunctions: functions.map(({ name, glsl, argumentTypes, returnType }) => ({
      name,
      source: glsl,
      settings: { argumentTypes, returnType },
    })),
  };
}
