// Finds what ties a file to one machine: paths of somebody's disk, and hosts that packages were fetched from.

export interface Finding {
  line: number;
  what: string;
}

/** Spelt in pieces, so that this file is not its own finding. */
const knownRegistries = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['registry', 'npmmirror', 'com'],
  ['npm', 'jsr', 'io'],
].map((parts) => parts.join('.'));

const homes = ['home', 'root', 'Users', 'work', 'workspace', 'mnt', 'media', 'srv', 'private/var'].join('|');
const machinePath = new RegExp(
  `(?<![\\w.~@/*-])/(?:${homes})/[\\w.-]+|(?<![\\w])[A-Za-z]:[\\\\/]Users[\\\\/]|file:/{2,}(?![$'"\`)])\\w`,
);

/**
 * @param hosts registry hosts of this machine, beside those that everybody knows
 * @param folder the root of this clone
 */
export function findMachineTies(text: string, hosts: readonly string[] = [], folder = ''): Finding[] {
  // A clone in a folder as short as /app would find itself everywhere.
  const words = [...knownRegistries, ...hosts, ...(folder.split(/[\\/]/).length > 2 ? [folder] : [])];
  return text.split('\n').flatMap((content, index) => {
    const what = words.find((word) => content.includes(word)) ?? machinePath.exec(content)?.[0];
    return what ? [{ line: index + 1, what }] : [];
  });
}

/** A lockfile names packages by version and checksum only; any address ties it to where it was made. */
export function findAddresses(lockfile: string): Finding[] {
  return lockfile.split('\n').flatMap((content, index) => {
    const what = /\w+:\/\/[^\s'"}]+|\btarball:/.exec(content)?.[0];
    return what ? [{ line: index + 1, what }] : [];
  });
}
