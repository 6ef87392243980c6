// Reads pictures back: strict XML, elements by name, points of a path, pixels of an embedded PNG.

import { DOMParser, type Document, type Element } from '@xmldom/xmldom';
import { type DecodedPng, decode } from 'fast-png';

/** Parses strictly: any warning of the parser is an error, but for the one about U+FFFD, which is on purpose. */
export function parse(xml: string): Document {
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level === 'warning' && /replacement character/.test(message)) return;
      throw new Error(`${level}: ${message}`);
    },
  });
  return parser.parseFromString(xml, 'text/xml');
}

export function elements(node: Document | Element, name: string): Element[] {
  return [...node.getElementsByTagName(name)];
}

/** The text of every element of that name, in document order. */
export function texts(node: Document | Element, name = 'text'): string[] {
  return elements(node, name).map((element) => element.textContent ?? '');
}

export function attribute(element: Element, name: string): string {
  const value = element.getAttribute(name);
  if (value === null) throw new Error(`<${element.tagName}> has no ${name}`);
  return value;
}

/** The direct child `<title>` of an element: what a reader sees under the pointer. */
export function hint(element: Element): string | undefined {
  const title = elements(element, 'title').find((child) => child.parentNode === element);
  return title?.textContent ?? undefined;
}

/** Points of a path of M and L commands, one list per unbroken piece. */
export function pieces(path: Element): [x: number, y: number][][] {
  return attribute(path, 'd')
    .split('M')
    .filter((piece) => piece !== '')
    .map((piece) => piece.split('L').map((point) => point.trim().split(/[ ,]+/).map(Number) as [number, number]));
}

/** Paths drawn in this colour and width. */
export function strokes(node: Document | Element, color: string, width: number): Element[] {
  return elements(node, 'path').filter(
    (path) => path.getAttribute('stroke') === color && (path.getAttribute('stroke-width') ?? '1') === String(width),
  );
}

/** The PNG inside an `<image>`. */
export function pixels(image: Element): DecodedPng {
  const [head, body] = attribute(image, 'href').split(',');
  if (head !== 'data:image/png;base64' || body === undefined) throw new Error(`not a PNG data URI: ${head}`);
  return decode(Uint8Array.from(atob(body), (character) => character.charCodeAt(0)));
}
