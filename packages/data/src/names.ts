// Lists of names in a message.

import { printable } from '@dl/autograd';

/** Some of many names, and how many more there are. */
export function shownList(names: readonly string[]): string {
  const some = names.slice(0, 8).map((name) => printable(name, 40));
  return names.length > some.length ? `${some.join(', ')} and ${names.length - some.length} more` : some.join(', ');
}
