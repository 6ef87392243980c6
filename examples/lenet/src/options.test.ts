// The command line: what it takes, and one sentence for each mistake.

import { expect, test } from 'vitest';
import { commandOf, help, newRun, parseFlags, type RunOptions, resumedRun, UsageError } from './options.js';

test('without flags: drawn digits', () => {
  const options = newRun(parseFlags([]));
  expect(options).toEqual({ data: null, train: 18_000, test: 2_000, epochs: 3, batchSize: 32, lr: 0.05, seed: 1 });
});

test('flags change what they name', () => {
  const args = ['--data', 'm', '--epochs=2', '--batch-size', '8', '--lr', '1e-2', '--seed', '7', '--limit', '500'];
  const options = newRun(parseFlags(args));
  expect(options).toEqual({ data: 'm', train: 500, test: 500, epochs: 2, batchSize: 8, lr: 0.01, seed: 7 });
  expect(newRun(parseFlags(['--quick', '--epochs', '2']))).toMatchObject({ train: 3_000, epochs: 2 });
});

test('the help names every flag', () => {
  for (const flag of ['data', 'epochs', 'batch-size', 'lr', 'seed', 'limit', 'quick', 'resume', 'out', 'help']) {
    expect(help).toContain(`--${flag}`);
  }
  for (const line of help.split('\n')) expect(line.length).toBeLessThan(110);
});

test.each([
  [['--epoch', '3'], 'there is no option --epoch; did you mean --epochs? --help lists them all'],
  [['--batchsize=3'], 'there is no option --batchsize; did you mean --batch-size? --help lists them all'],
  [['--something'], 'there is no option --something; --help lists them all'],
  [['-x'], 'there is no option -x; --help lists them all'],
  [['mnist'], "'mnist' belongs to no option; --help lists them all"],
  [['--epochs'], '--epochs needs a value, as in --epochs=VALUE'],
  [['--lr', '-1'], "--lr is '-1', needs a number above 0"],
  [['--lr', '-.5'], "--lr is '-.5', needs a number above 0"],
  [['--epochs', '-2', '--quick'], "--epochs is '-2', needs a whole number of at least 1"],
  [['--lr', '--quick'], '--lr needs a value, as in --lr=VALUE'],
  [['--quick', '-1'], 'there is no option -1; --help lists them all'],
  [['--quick=yes'], '--quick takes no value; leave the value out'],
  [['--epochs', '0'], "--epochs is '0', needs a whole number of at least 1"],
  [['--epochs', '1.5'], "--epochs is '1.5', needs a whole number of at least 1"],
  [['--epochs', '99999999999999999999'], "--epochs is '99999999999999999999', needs a whole number of at least 1"],
  [['--batch-size', 'many'], "--batch-size is 'many', needs a whole number of at least 1"],
  [['--seed=-1'], "--seed is '-1', needs a whole number of at least 0"],
  [['--limit', '3'], "--limit is '3', needs a whole number of at least 10"],
  [['--lr', '0'], "--lr is '0', needs a number above 0"],
  [['--lr', 'NaN'], "--lr is 'NaN', needs a number above 0"],
  [['--lr', ' '], "--lr is ' ', needs a number above 0"],
  [['--data', ''], '--data is empty, needs the path of a folder'],
  [['--out='], '--out is empty, needs the path of a folder'],
])('%j is refused', (args, message) => {
  expect(() => parseFlags(args)).toThrow(new UsageError(message));
});

const began: RunOptions = { data: null, train: 500, test: 500, epochs: 3, batchSize: 32, lr: 0.05, seed: 1 };

test('a run goes on as it began, for longer if asked, and with data that have moved', () => {
  expect(resumedRun(parseFlags(['--resume']), began)).toEqual(began);
  expect(resumedRun(parseFlags(['--resume', '--batch-size', '32', '--epochs', '5']), began).epochs).toBe(5);
  expect(resumedRun(parseFlags(['--resume', '--data', 'new']), { ...began, data: 'old' }).data).toBe('new');
});

test.each([
  [['--batch-size', '64'], '--batch-size is 64, but the run to go on with has 32'],
  [['--lr', '0.1'], '--lr is 0.1, but the run to go on with has 0.05'],
  [['--seed', '2'], '--seed is 2, but the run to go on with has 1'],
  [['--limit', '100'], '--limit is 100, but the run to go on with has 500'],
  [['--quick'], '--quick is for a run that begins'],
  [['--data', 'm'], '--data is given, but the run to go on with learns from drawn digits'],
])('%j cannot change on the way', (args, message) => {
  expect(() => resumedRun(parseFlags(['--resume', ...args]), began)).toThrow(
    new UsageError(`${message}; leave it out, or begin anew without --resume`),
  );
});

test.each([
  [[], 'npm start'],
  [['--lr', '0.1', '--seed', '7'], 'npm start -- --lr 0.1 --seed 7'],
  [['--quick'], 'npm start -- --quick'],
  [['--quick', '--epochs', '3', '--out', 'a b'], "npm start -- --quick --epochs 3 --out 'a b'"],
  [['--limit', '3000'], 'npm start -- --limit 3000'],
  [['--data', "it's", '--batch-size', '8'], "npm start -- --data 'it'\\''s' --batch-size 8"],
])('a run with %j is repeated by %s', (args, command) => {
  const flags = parseFlags(args);
  expect(commandOf(newRun(flags), flags.out)).toBe(command);
});

test('what the command says makes the same run again', () => {
  for (const args of [
    ['--quick'],
    ['--quick', '--limit', '500'],
    ['--quick', '--limit', '5000'],
    ['--limit', '50', '--epochs', '9'],
    ['--data', 'm', '--quick', '--lr', '1'],
  ]) {
    const flags = parseFlags(args);
    const options = newRun(flags);
    const again = commandOf(options, flags.out).split(' ').slice(3);
    expect(newRun(parseFlags(again)), again.join(' ')).toEqual(options);
  }
});
