// Rotary positions: threads have rows.

import { broadcastStrides, rotary, sizeOf } from '@dl/autograd';
import { forEachRow } from '../typescript/kernel.js';
import { CHEAP, pointerOf } from './engine.js';
import { wasmKernel } from './kernel.js';

export const rotaryKernel = wasmKernel(rotary, (engine, { x, cos, sin, y }, { layout }) => {
  if (x.dtype !== 'float32') return false;
  const [features, columns] = [x.shape.at(-1)!, cos.shape.at(-1)!];
  const [from, to, c, s] = [pointerOf(x), pointerOf(y), pointerOf(cos), pointerOf(sin)];
  const isBeside = Number(layout === 'pairs');
  const grain = Math.ceil(CHEAP / features);
  const turn = (start: number, count: number, table: number, period: number): void => {
    const [skipped, at] = [4 * start * features, 4 * table * columns];
    engine.split(count, engine.tasks(count, grain), (wasm, first, end) => {
      wasm.rotateRows(from + skipped, to + skipped, first, end, features, columns, c + at, s + at, period, isBeside);
    });
  };
  const rows = x.shape.slice(0, -1);
  const ofTables = cos.shape.slice(0, -1);
  const own = ofTables.findIndex((length) => length !== 1);
  const whole = own < 0 ? [] : ofTables.slice(own);
  // Tables for the last axes alone, and all of those: they begin again and again.
  if (whole.every((length, axis) => length === rows[rows.length - whole.length + axis])) {
    turn(0, sizeOf(rows), 0, sizeOf(whole));
  } else {
    forEachRow(rows, [broadcastStrides(ofTables, rows)], (start, length, table, step) => {
      turn(start, length, table, step === 0 ? 1 : length);
    });
  }
  return true;
});
