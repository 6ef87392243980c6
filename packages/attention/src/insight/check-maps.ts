// The check of what the functions on maps are given.

import { ArgumentError, shown } from '@dl/autograd';
import type { AttentionMap } from './attention-maps.js';

/** Throws unless there are maps, at least one of them. */
export function checkMaps(name: string, maps: readonly AttentionMap[]): void {
  const isMap = (map: unknown): boolean =>
    typeof map === 'object' && map !== null && Array.isArray((map as Partial<AttentionMap>).weights);
  if (!Array.isArray(maps) || maps.length === 0 || !maps.every(isMap)) {
    throw new ArgumentError(
      `${name}: maps are ${shown(maps)}, needs those that attentionMaps gives, at least one: await attentionMaps(model, input)`,
    );
  }
}
