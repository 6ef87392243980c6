// Vertices and arrows in the DOT language.

import { expect, test } from 'vitest';
import { diagramToDot } from './diagram.js';

const a = { id: 'a', label: 'first', shape: 'box' } as const;
const b = { id: 'b', label: 'second', shape: 'plaintext', fill: 'white', color: 'blue', fontSize: 9 } as const;

test('vertices that are laid out, with their looks', () => {
  const arrows = [
    { from: 'a', to: 'b', colors: ['red', 'blue'] },
    { from: 'b', to: 'a', colors: ['red'] },
  ];
  expect(diagramToDot({ vertices: [a, b], arrows }).split('\n')).toEqual([
    'digraph {',
    '  rankdir=LR;',
    '  a [label="first", shape=box];',
    '  b [label="second", shape=plaintext, style=filled, fillcolor=white, fontcolor=blue, fontsize=9];',
    '  a -> b [color="red:blue"];',
    '  b -> a [color=red];',
    '}',
  ]);
});

test('vertices that stand in their places', () => {
  const vertices = [
    { ...a, at: [0, 1.5] },
    { ...b, at: [-2, 0] },
  ] as const;
  expect(diagramToDot({ vertices, arrows: [{ from: 'a', to: 'b' }] }).split('\n')).toEqual([
    'digraph {',
    '  layout=neato; splines=line; outputorder=edgesfirst;',
    '  a [label="first", shape=box, pos="0,1.5!"];',
    '  b [label="second", shape=plaintext, style=filled, fillcolor=white, fontcolor=blue, fontsize=9, pos="-2,0!"];',
    '  a -> b;',
    '}',
  ]);
});

test('labels and ids of any text: quotes, backslashes, several lines, words of the language', () => {
  const vertices = [
    { ...a, label: 'say "a\\b"\nagain' },
    { ...a, id: 'Node' },
    { ...a, id: '0.weight' },
  ];
  const dot = diagramToDot({ vertices, arrows: [{ from: 'Node', to: '0.weight' }] });
  expect(dot).toContain('  a [label="say \\"a\\\\b\\"\\nagain", shape=box];');
  expect(dot).toContain('  "Node" -> "0.weight";');
});

test('an id that no vertex has, and places of some alone', () => {
  expect(() => diagramToDot({ vertices: [a, b], arrows: [{ from: 'a', to: 'c' }] })).toThrow(
    "diagramToDot: an arrow has 'c', which is the id of no vertex",
  );
  expect(() => diagramToDot({ vertices: [a, { ...b, at: [0, 0] }], arrows: [] })).toThrow(
    'diagramToDot: 1 of 2 vertices have a place; give all of them one, or none',
  );
});
