// Which build of the kernels this machine can run, compiled once for all backends.

import { relaxedBytes } from './relaxed.generated.js';
import { simdBytes } from './simd.generated.js';

/** What the WebAssembly kernels run on, best first. */
export type WasmEngineName = 'wasm relaxed-simd' | 'wasm simd';
export const wasmEngineNames: readonly WasmEngineName[] = ['wasm relaxed-simd', 'wasm simd'];

const sources: Readonly<Record<WasmEngineName, string>> = { 'wasm relaxed-simd': relaxedBytes, 'wasm simd': simdBytes };
const modules = new Map<WasmEngineName, WebAssembly.Module>();

/** The best build of those allowed that can run here, or undefined. */
export function findBuild(allowed: readonly WasmEngineName[]): WasmEngineName | undefined {
  return allowed.find((name) => {
    if (modules.has(name) || WebAssembly.validate(bytesOf(name))) return true;
    return name === 'wasm relaxed-simd' && allowRelaxedSimd() && WebAssembly.validate(bytesOf(name));
  });
}

/** Compiled at once; a browser refuses that for large modules in a page. */
export function compileSync(name: WasmEngineName): WebAssembly.Module {
  const module = modules.get(name) ?? new WebAssembly.Module(bytesOf(name));
  modules.set(name, module);
  return module;
}

export async function compile(name: WasmEngineName): Promise<WebAssembly.Module> {
  const module = modules.get(name) ?? (await WebAssembly.compile(bytesOf(name)));
  modules.set(name, module);
  return module;
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

function bytesOf(name: WasmEngineName): Uint8Array<ArrayBuffer> {
  const text = atob(sources[name]);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
