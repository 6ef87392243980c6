// Early stopping: the epoch in which it says so, and a state to go on from.

import { describe, expect, test } from 'vitest';
import { EarlyStopping } from '../index.js';

describe('EarlyStopping', () => {
  const stopsAt = (options: ConstructorParameters<typeof EarlyStopping>[0], metrics: readonly number[]): number => {
    const stopping = new EarlyStopping(options);
    return metrics.findIndex((metric) => stopping.update(metric));
  };

  test('stops after patience is used up, and not before', () => {
    expect(stopsAt({ patience: 3 }, [3, 2, 2, 2.5, 1, 1, 1, 1, 0])).toBe(7);
    expect(stopsAt({ patience: 1 }, [3, 2, 2, 1])).toBe(2);
    expect(stopsAt({ patience: 2, mode: 'max' }, [1, 2, 3, 2, 2.5])).toBe(4);
    expect(stopsAt({ patience: 2, minDelta: 0.5 }, [3, 2.8, 2.6, 1])).toBe(2);
    expect(stopsAt({ patience: 2 }, [1, Number.NaN, Number.NaN])).toBe(2);
    expect(stopsAt({ patience: 2 }, [Number.NaN, Number.NaN])).toBe(1);
    expect(stopsAt({ patience: Number.POSITIVE_INFINITY }, new Array(50).fill(1))).toBe(-1);
  });

  test('goes on from a state, and says what does not fit', () => {
    const [one, other] = [new EarlyStopping({ patience: 3 }), new EarlyStopping({ patience: 3 })];
    for (const metric of [2, 1, 3]) one.update(metric);
    other.loadStateDict(JSON.parse(JSON.stringify(one.stateDict())));
    expect([other.best, other.bestEpoch, other.update(4), other.update(4)]).toEqual([1, 1, false, true]);
    expect(() => new EarlyStopping({ patience: 0 })).toThrow(
      'EarlyStopping: patience is 0, needs a whole number of at least 1, or Infinity',
    );
    expect(() => new EarlyStopping({ minDelta: -1 })).toThrow(
      'EarlyStopping: minDelta is -1, needs a number of at least 0',
    );
    expect(() => new EarlyStopping({ mode: 'up' as never })).toThrow(
      "EarlyStopping: mode is 'up', needs 'min' or 'max'",
    );
    expect(() => one.loadStateDict({ best: 1 } as never)).toThrow(
      'EarlyStopping: what loadStateDict got is not a state; it needs what stateDict() gives',
    );
  });
});
