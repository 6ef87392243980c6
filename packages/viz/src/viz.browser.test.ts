import { describe, expect, it } from 'vitest';
import { attentionGrid } from './attention-grid.js';
import { attentionMap } from './attention-map.js';
import { confusionMatrix } from './confusion-matrix.js';
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

  it('every neutral colour of a picture has one that reads on a dark page', async () => {
    const svgs = [
      await curves([{ name: 'a', values: [1, 2] }], { title: 't' }),
      confusionMatrix([
        [4, 0],
        [1, 2],
      ]),
      imageGrid({ data: [0, 1], shape: [2, 1, 1] }, { captions: ['a', 'b'], scale: 'all' }),
      attentionMap([
        [0.9, 0],
        [0.2, 0.1],
      ]),
      attentionGrid([[[[1]]]], { scale: 'all' }),
    ];
    const html = report({ title: 'T', sections: [{ heading: 'H', content: svgs.map((svg) => ({ svg })) }] });
    const dark = /@media screen and \(prefers-color-scheme: dark\) \{([\s\S]*?)\n\}/.exec(html)![1]!;
    const frame = document.createElement('iframe');
    frame.srcdoc = html.replace('</style>', `${dark}</style>`);
    await new Promise((resolve) => {
      frame.onload = resolve;
      document.body.append(frame);
    });
    const page = frame.contentDocument!;
    const style = (element: Element) => page.defaultView!.getComputedStyle(element);
    const luminance = (color: string): number => {
      const parts = color
        .match(/[\d.]+/g)!
        .slice(0, 3)
        .map((part) => {
          const share = Number(part) / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
      return 0.2126 * parts[0]! + 0.7152 * parts[1]! + 0.0722 * parts[2]!;
    };
    const contrast = (a: string, b: string): number => {
      const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
      return (high + 0.05) / (low + 0.05);
    };
    const card = style(page.querySelector('section')!).backgroundColor;
    expect(luminance(card)).toBeLessThan(0.03);
    for (const svg of page.querySelectorAll('svg')) {
      expect(style(svg.querySelector(':scope > rect')!).fill).toBe(card);
      for (const text of svg.querySelectorAll('text')) {
        // A count stands on its cell.
        const under =
          text.previousElementSibling?.tagName === 'rect' && text.previousElementSibling.querySelector('title');
        const ground = under ? style(text.previousElementSibling!).fill : card;
        expect(contrast(style(text).fill, ground), text.textContent!).toBeGreaterThan(4);
      }
    }
    for (const element of page.querySelectorAll('h1, h2, section')) {
      expect(contrast(style(element).color, card)).toBeGreaterThan(7);
    }
    frame.remove();
  });

  it('on a narrow page the narrow picture stands in place of the wide one', async () => {
    const picture = (name: string) => `<svg id="${name}" width="10" height="10"></svg>`;
    const html = report({
      title: 'T',
      sections: [{ heading: 'H', content: [{ svg: picture('w'), narrow: picture('n') }] }],
    });
    const frame = document.createElement('iframe');
    frame.srcdoc = html;
    await new Promise((resolve) => {
      frame.onload = resolve;
      document.body.append(frame);
    });
    for (const [width, shown] of [
      [390, 'n'],
      [900, 'w'],
    ] as const) {
      frame.style.width = `${width}px`;
      const visible = [...frame.contentDocument!.querySelectorAll('svg')].filter(
        (svg) => svg.getBoundingClientRect().width > 0,
      );
      expect(visible.map(({ id }) => id)).toEqual([shown]);
    }
    frame.remove();
  });
});
