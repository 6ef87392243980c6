// Which build of the kernels this machine can run, compiled once for all backends.

import type { WasmModule } from './platform.js';
import { relaxedBytes, relaxedMemoryKind } from './relaxed.generated.js';
import { simdBytes, simdMemoryKind } from './simd.generated.js';

/** What the WebAssembly kernels run on, best first. */
export type WasmEngineName = 'wasm relaxed-simd' | 'wasm simd';
export const wasmEngineNames: readonly WasmEngineName[] = ['wasm relaxed-simd', 'wasm simd'];

const sources = {
  'wasm relaxed-simd': { text: relaxedBytes, memoryKind: relaxedMemoryKind },
  'wasm simd': { text: simdBytes, memoryKind: simdMemoryKind },
} as const;
const SHARED = 3;
const modules = new Map<string, WebAssembly.Module>();

/** Which binary: the build, and whether it is for a memory that threads share. */
export interface Build {
  readonly name: WasmEngineName;
  readonly isShared: boolean;
}

/** The best build of those allowed that can run here, or undefined. */
export function findBuild(allowed: readonly WasmEngineName[]): WasmEngineName | undefined {
  return allowed.find((name) => {
    const bytes = bytesOf({ name, isShared: false });
    return (
      WebAssembly.validate(bytes) || (name === 'wasm relaxed-simd' && allowRelaxedSimd() && WebAssembly.validate(bytes))
    );
  });
}

/** Compiled at once; a browser refuses that for large modules in a page. */
export function compileSync(build: Build): WasmModule {
  const key = keyOf(build);
  const module = modules.get(key) ?? new WebAssembly.Module(bytesOf(build));
  modules.set(key, module);
  return module;
}

export async function compile(build: Build): Promise<WasmModule> {
  const key = keyOf(build);
  const module = modules.get(key) ?? (await WebAssembly.compile(bytesOf(build)));
  modules.set(key, module);
  return module;
}

function keyOf({ name, isShared }: Build): string {
  return isShared ? `${name}, shared` : name;
}

/** Whether this is a page, which should not wait for a compiler. */
export function isPage(): boolean {
  return typeof document !== 'undefined';
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

function bytesOf({ name, isShared }: Build): Uint8Array<ArrayBuffer> {
  const source = sources[name];
  const text = atob(source.text);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  // One binary serves both kinds of memory: they differ in this byte.
  if (isShared) bytes[source.memoryKind] = SHARED;
  return bytes;
}
