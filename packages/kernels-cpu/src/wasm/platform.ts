// Types of WebAssembly for declarations: a project without the DOM has no such types, and need not have them.

type Of<Name extends string> = typeof globalThis extends {
  readonly WebAssembly: { readonly [name in Name]: { readonly prototype: infer Instance } };
}
  ? Instance
  : object;

/** `WebAssembly.Memory`. */
export type WasmMemory = Of<'Memory'>;

/** `WebAssembly.Module`. */
export type WasmModule = Of<'Module'>;
