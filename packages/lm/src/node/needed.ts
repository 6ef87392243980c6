// Packages that only some need.

import { ArgumentError } from '@dl/autograd';

/**
 * What an import gives of packages that are there only where somebody installed them.
 *
 * @param what What they are needed for.
 *
 * @throws ArgumentError that says what to install.
 */
export async function needed<T>(
  where: string,
  what: string,
  packages: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // Of Node, and of what bundles for it.
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && packages.some((name) => message.includes(name));
    if (!isMissing) throw cause;
    throw new ArgumentError(
      `${where}: ${what} needs ${packages.join(' and ')}, which is not installed here; npm install ${packages.join(' ')}`,
      { cause },
    );
  }
}
