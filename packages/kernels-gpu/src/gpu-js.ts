// gpu.js: the only file that imports it, and the part of it that is relied on.

import { BackendError, type Platform } from '@dl/autograd';

/** `webgl2` in browsers, `headlessgl` (OpenGL through the npm package gl) in Node. */
export type GpuEngine = 'webgl2' | 'headlessgl';

export type Gl = Platform<'WebGL2RenderingContext'> | Platform<'WebGLRenderingContext'>;

/** A texture as kernels take and give it. It does not own the texture: {@link Device} does. */
export interface GpuJsTexture {
  readonly texture: Platform<'WebGLTexture'>;
  readonly size: Int32Array;
  readonly dimensions: Int32Array;
}

export interface GpuJsTextureSettings extends GpuJsTexture {
  readonly output: readonly number[];
  readonly context: Gl;
  readonly internalFormat: number;
  readonly textureFormat: number;
  readonly kernel: GpuJsKernel;
}

/** A compiled kernel. What is settable here says where the next run writes. */
export interface GpuJsKernel {
  readonly context: Gl;
  readonly canvas: { width: number; height: number };
  readonly program: Platform<'WebGLProgram'> | null;
  readonly compiledFragmentShader: string | null;
  readonly fallbackRequested?: boolean;
  readonly fallbackReason?: string | null;
  texture: GpuJsTexture & { readonly constructor: unknown };
  framebuffer: Platform<'WebGLFramebuffer'>;
  output: readonly number[];
  threadDim: readonly number[];
  texSize: Int32Array;
  maxTexSize: Int32Array;
  /** Attaches `texture` anew before the next run. */
  _textureSwitched: boolean;
  getInternalFormat(): number;
  getTextureFormat(): number;
  build(...args: unknown[]): void;
  run(...args: unknown[]): void;
}

export interface GpuJsKernelSettings {
  readonly output: readonly number[];
  readonly argumentTypes: Readonly<
    Record<string, 'ArrayTexture(4)' | 'MemoryOptimizedNumberTexture' | 'Integer' | 'Float'>
  >;
  readonly constants?: Readonly<Record<string, number>>;
  readonly optimizeFloatMemory: boolean;
  readonly returnType: 'Array(4)' | 'Number';
  readonly nativeFunctions: readonly {
    readonly name: string;
    readonly source: string;
    readonly settings: { readonly argumentTypes: Readonly<Record<string, string>>; readonly returnType: string };
  }[];
  readonly loopMaxIterations: number;
}

interface GpuJsInstance {
  createKernel(source: string, settings: object): { readonly kernel: GpuJsKernel };
}

interface GpuJsModule {
  readonly GPU: new (settings: { readonly mode: string }) => GpuJsInstance;
  readonly WebGL2Kernel: GpuJsKernelClass;
  readonly HeadlessGLKernel: GpuJsKernelClass;
}

interface GpuJsKernelClass {
  new (): GpuJsKernel;
  readonly isSupported: boolean;
  readonly prototype: { initContext(): Gl | null };
}

/** gpu.js, loaded. */
export interface GpuJs {
  /** A new instance, which makes a drawing context of its own with its first kernel. */
  createKernels(): (source: string, settings: GpuJsKernelSettings) => GpuJsKernel;
}

/** @throws BackendError that says what is missing and what to install. */
export async function loadGpuJs(engine: GpuEngine): Promise<GpuJs> {
  let loaded: Partial<GpuJsModule> & { default?: GpuJsModule };
  try {
    loaded = (await import('gpu.js')) as unknown as typeof loaded;
  } catch (cause) {
    throw new BackendError(
      `gpu: the package gpu.js cannot be loaded (${messageOf(cause)}); install it: npm install gpu.js@2`,
      { cause },
    );
  }
  return openGpuJs(loaded.default ?? loaded, engine);
}

/** Checks what was loaded. */
export function openGpuJs(module: Partial<GpuJsModule>, engine: GpuEngine): GpuJs {
  const { GPU } = module;
  const Kernel = engine === 'webgl2' ? module.WebGL2Kernel : module.HeadlessGLKernel;
  if (GPU === undefined || Kernel === undefined) {
    throw new BackendError(
      'gpu: the package gpu.js is of another version, without the kernels needed here; install gpu.js@2, 2.24.1 or newer',
    );
  }
  if (engine === 'webgl2') checkWebGl2();
  else checkHeadlessGl(Kernel);
  return {
    createKernels() {
      const instance = new GPU({ mode: engine });
      return (source, settings) => {
        const { kernel } = instance.createKernel(source, {
          ...settings,
          // Low precision may be chosen otherwise.
          tactic: 'precision',
          precision: 'single',
          pipeline: true,
          dynamicOutput: true,
          dynamicArguments: true,
        });
        checkKernel(kernel, Kernel, engine);
        return kernel;
      };
    },
  };
}

function checkWebGl2(): void {
  const canvas =
    typeof OffscreenCanvas === 'undefined' ? globalThis.document?.createElement('canvas') : new OffscreenCanvas(1, 1);
  const gl = canvas?.getContext('webgl2') as WebGL2RenderingContext | null | undefined;
  if (!gl) throw new BackendError(`gpu: there is no WebGL 2 here; ${cureOf('webgl2')}`);
  const drawsFloats = gl.getExtension('EXT_color_buffer_float') !== null;
  // Browsers allow a page few contexts.
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  if (!drawsFloats) {
    throw new BackendError(
      'gpu: this device draws with less than 32-bit floats (it lacks EXT_color_buffer_float); use another device or the CPU backend',
    );
  }
}

function checkHeadlessGl(Kernel: GpuJsKernelClass): void {
  if (Kernel.isSupported) return;
  let context: Gl | null;
  try {
    context = Kernel.prototype.initContext();
  } catch (cause) {
    throw new BackendError(`gpu: the package gl is not installed, or was not built; ${cureOf('headlessgl')}`, {
      cause,
    });
  }
  if (context === null) {
    throw new BackendError('gpu: OpenGL finds no display; set DISPLAY, or run the program under xvfb-run -a');
  }
  throw new BackendError(`gpu: gpu.js does not run on this OpenGL; ${cureOf('headlessgl')}`);
}

/** gpu.js turns to another engine without saying so; that its fields are there is checked, as versions may change them. */
function checkKernel(kernel: GpuJsKernel, Kernel: GpuJsKernelClass, engine: GpuEngine): void {
  if (!(kernel instanceof Kernel)) {
    throw new BackendError(
      `gpu: asked for ${engine}, gpu.js would run on ${(kernel as object).constructor.name}; ${cureOf(engine)}`,
    );
  }
  if (typeof kernel.run !== 'function' || typeof kernel.build !== 'function' || !('texture' in kernel)) {
    throw new BackendError('gpu: this gpu.js has kernels of another form; install gpu.js@2, 2.24.1 or newer');
  }
}

/** What to do where an engine does not run. */
export function cureOf(engine: GpuEngine): string {
  return engine === 'webgl2'
    ? 'use a browser with WebGL 2 and hardware acceleration turned on'
    : 'install it (npm install gl; it is built from source, and its README lists the system libraries), or use the CPU backend';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : String(error);
}
