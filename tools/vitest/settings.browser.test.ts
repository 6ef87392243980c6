// Shows that browser tests get a browser, with everything that the backends may need.

import { expect, test } from 'vitest';

test('there is a window', () => {
  expect(document.body).toBeInstanceOf(HTMLElement);
});

test('`using` runs', () => {
  let freed = false;
  {
    using _ = { [Symbol.dispose]: () => void (freed = true) };
  }
  expect(freed).toBe(true);
});

test('there is WebGL 2 with float textures to draw into', () => {
  const gl = document.createElement('canvas').getContext('webgl2');
  expect(gl?.getExtension('EXT_color_buffer_float')).toBeTruthy();
});

test('workspace imports resolve to source', async () => {
  expect(await import('@dl/autograd')).toBe(await import('../../packages/autograd/src/index.js'));
});
