// Measures workloads in a page of a browser; `run/gpu.ts` calls what is left on the page's globals.

import { type DeviceInfo, describeRenderer, dlGpu, dlGpuJs, tfjsGpu } from '../engines/gpu.js';
import { gpuWorkloads } from '../workloads/gpu.js';
import { measureWorkload, type Row } from './measure-workload.js';
import type { TimingOptions } from './timing.js';

export interface PageOrder {
  readonly name: string;
  /** Where the page finds TensorFlow.js. */
  readonly tfjs: string;
  readonly timing: TimingOptions;
}

export interface PageGlobals {
  /** Undefined where there is no WebGL 2. */
  describeDevice(): DeviceInfo | undefined;
  measureInPage(order: PageOrder): Promise<Row>;
}

const globals: PageGlobals = {
  describeDevice() {
    const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
    if (gl === null) return undefined;
    const found = describeRenderer(gl);
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    return found;
  },
  measureInPage({ name, tfjs, timing }) {
    const workload = gpuWorkloads.find((candidate) => candidate.name === name);
    if (workload === undefined) throw new Error(`there is no workload ${name} for a GPU`);
    return measureWorkload(workload, [dlGpu(), dlGpuJs(), tfjsGpu(tfjs)], timing);
  },
};
Object.assign(globalThis, globals);
