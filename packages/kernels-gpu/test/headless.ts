// Whether OpenGL can be had in Node here: the tests that need it are skipped where not, and say why.

import { useBackend } from '@dl/autograd';
import { type GpuBackend, type GpuOptions, gpu } from '@dl/kernels-gpu';

/** A backend that is started, or the reason why there is none. */
export async function headless(
  options: Omit<GpuOptions, 'engine'> = {},
): Promise<{ readonly backend: GpuBackend; readonly missing: string | undefined }> {
  const backend = gpu({ engine: 'headlessgl', ...options });
  try {
    await useBackend(backend);
    return { backend, missing: undefined };
  } catch (error) {
    const missing = (error as Error).message;
    console.warn(
      `Tests of the GPU in Node are skipped: ${missing}. "npm run build-gl" builds what they need; the browser ones run.`,
    );
    return { backend, missing };
  }
}
