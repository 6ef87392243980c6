#!/usr/bin/env node
// The one door to the workspace: `npm start`, `npm test` and the other scripts come here. It sets the workspace up when
// that is needed, then runs the command. This file is read by any Node, so it keeps to old syntax and checks the version.

const [needMajor, needMinor] = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < needMajor || (major === needMajor && minor < needMinor)) {
  console.error(
    'This workspace needs Node ' +
      needMajor +
      '.' +
      needMinor +
      ' or newer, but this is Node ' +
      process.versions.node +
      ': install a newer Node and run the same command again.',
  );
  process.exitCode = 1;
} else {
  import('./run/main.mjs').then((module) => module.main(process.argv.slice(2)));
}
