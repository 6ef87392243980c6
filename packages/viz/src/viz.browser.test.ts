import { describe, expect, it } from 'vitest';
import { curves } from './curves.js';
import { imageGrid } from './image-grid.js';
import { report } from './report.js';

/** The colours that a browser shows when it draws the SVG. */
async function render(svg: string): Promise<(x: number, y: number) => number[]> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(image, 0, 0);
  return (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
}

describe('in a browser', () => {
  it('shows each value of an image as one even square', async () => {
    const svg = imageGrid({ data: [0, 1, 1, 0.2], shape: [1, 2, 2] }, { scale: [0, 1], pixelSize: 20 });
    const at = await render(svg);
    const [, left, top] = /<image x="(\d+)" y="(\d+)"/.exec(svg)!.map(Number) as [number, number, number];
    const levels = [0, 255, 255, 51];
    levels.forEach((level, i) => {
      for (const [dx, dy] of [
        [1, 1],
        [18, 1],
        [10, 10],
        [1, 18],
        [18, 18],
      ] as const) {
        expect(at(left + (i % 2) * 20 + dx, top + Math.floor(i / 2) * 20 + dy)).toEqual([level, level, level]);
      }
    });
    expect(at(1, 1)).toEqual([255, 255, 255]);
  });

  it('draws a curve in its colour, where it belongs', async () => {
    const at = await render(await curves([{ name: 'a', values: [0.5, 0.5] }], { panels: { '': { min: 0, max: 1 } } }));
    const column = Array.from({ length: 300 }, (_, y) => at(400, y).join(' '));
    const first = column.indexOf('0 114 178');
    expect(first).toBeGreaterThan(0);
    // Half way between the lines at 0 and 1, which are 220 px apart.
    const grid = column.flatMap((color, y) => (color === '228 231 235' ? [y] : []));
    expect(first).toBeGreaterThan(grid[0]! + 100);
    expect(first).toBeLessThan(grid[0]! + 120);
  });

  it('opens a report without a complaint', async () => {
    const html = report({ title: 'T', sections: [{ heading: 'H', content: ['p', { svg: '<svg width="5"></svg>' }] }] });
    const page = new DOMParser().parseFromString(html, 'text/html');
    expect(page.compatMode).toBe('CSS1Compat');
    expect([...page.querySelectorAll('body > main > section > *')].map((element) => element.tagName)).toEqual([
      'H2',
      'P',
      'FIGURE',
    ]);
  });
});
