// Which build of the kernels this machine can wasm. Only its binary is loaded, and compiled once for all backends.

import { type Binary, bytesOf } from './binary.js';
import type { WasmEngineName } from './names.js';
import type { WasmModule } from './platform.js';

/** Imported where they are needed, so that a bundler makes a file of each. */
const binaries: Readonly<Record<WasmEngineName, () => Promise<{ readonly binary: Binary }>>> = {
  'wasm relaxed-simd': () => import('./relaxed.generated.js'),
  'wasm simd': () => import('./simd.generated.js'),
};

/** A module with one function, `(func (i32.const 0) (i32x4.splat) … (drop))`: too small to be noticed, and as good to ask with. */
const probe = (...instructions: readonly number[]): Uint8Array<ArrayBuffer> => {
  const body = [0, 0x41, 0, 0xfd, 0x11, ...instructions, 0x1a, 0x0b];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 4, 1, 0x60, 0, 0], // one type: no parameters, no results
    ...[3, 2, 1, 0], // one function of it
    ...[10, body.length + 2, 1, body.length, ...body],
  );
};
const SPLAT = [0x41, 0, 0xfd, 0x11] as const;
const RELAXED_MADD = [0xfd, 0x85, 0x02] as const;
const probes: Readonly<Record<WasmEngineName, () => Uint8Array<ArrayBuffer>>> = {
  'wasm relaxed-simd': () => probe(...SPLAT, ...SPLAT, ...RELAXED_MADD),
  'wasm simd': () => probe(),
};

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Which binary: the build, and whether it is for a memory that threads share. */
export interface Build {
  readonly name: WasmEngineName;
  readonly isShared: boolean;
}

/** The best build of those allowed that can run here, or undefined. Throws where WebAssembly is not allowed to run. */
export function findBuild(allowed: readonly WasmEngineName[]): WasmEngineName | undefined {
  const name = allowed.find((each) => {
    const bytes = probes[each]();
    return (
      WebAssembly.validate(bytes) || (each === 'wasm relaxed-simd' && allowRelaxedSimd() && WebAssembly.validate(bytes))
    );
  });
  // A page's policy may forbid it; better known before a binary is loaded for nothing.
  if (name !== undefined) new WebAssembly.Module(probes[name]());
  return name;
}

/** Loads and compiles it, unless that was done before. */
export function compile(build: Build): Promise<WasmModule> {
  const key = `${build.name}, ${build.isShared}`;
  let module = modules.get(key);
  if (module === undefined) {
    module = binaries[build.name]().then(({ binary }) => WebAssembly.compile(bytesOf(binary, build.isShared)));
    modules.set(key, module);
    // What did not arrive may arrive the next time.
    module.catch(() => modules.delete(key));
  }
  return module;
}

/** Node 20 has relaxed SIMD behind a flag, which can still be set; other places have it or not. */
function allowRelaxedSimd(): boolean {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(id: string): { setFlagsFromString(flag: string): void } | undefined };
  };
  try {
    const v8 = process?.getBuiltinModule?.('node:v8');
    v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
    return v8 !== undefined;
  } catch {
    // Something that resembles Node, with another engine in it.
    return false;
  }
}
