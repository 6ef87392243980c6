// Runs one program at a time, hands it the signals that reach us, and waits for it.
//
// Ctrl-C in a terminal signals everyone in the foreground at once, and npm then signals us again. So that the program is
// told exactly once, it runs in a process group of its own, hears only from us, and echoes within a moment are dropped.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './paths.mjs';

/** An echo comes within milliseconds; a second Ctrl-C by an impatient person takes longer. */
const ECHO_MS = 400;

const ownGroup = process.platform !== 'win32';

/** @type {import('node:child_process').ChildProcess | undefined} */
let child;
let interruptedBy = /** @type {NodeJS.Signals | undefined} */ (undefined);

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [env] added to this process's own
 * @property {boolean | undefined} [shell]
 * @property {(text: string) => void} [onOutput] takes the output instead of the terminal
 */

/**
 * Resolves to the exit code; a program ended by a signal counts as 128 + the signal's number, as in a shell. After an
 * interruption nothing more is started.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>}
 */
export function run(file, args, { env = {}, shell = false, onOutput } = {}) {
  if (interruptedBy) return Promise.resolve(exitCodeOf(interruptedBy));
  return new Promise((resolve) => {
    const program = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      detached: ownGroup,
      shell,
    });
    child = program;
    if (onOutput) {
      program.stdout?.setEncoding('utf8').on('data', onOutput);
      program.stderr?.setEncoding('utf8').on('data', onOutput);
    }
    program.on('error', ({ message }) => {
      child = undefined;
      console.error(`${file} could not be started (${message}): it comes with Node, so see that both are on the PATH.`);
      resolve(127);
    });
    program.on('close', (code, signal) => {
      child = undefined;
      if (interruptedBy && program.pid) endGroup(program.pid);
      resolve(code ?? (signal ? exitCodeOf(signal) : 1));
    });
  });
}

/** Starts handing signals to the running program; returns the function that stops it. */
export function forwardSignals() {
  const handlers = Object.entries(ownGroup ? signalsOfOwnGroup() : signalsOfSharedGroup());
  for (const [signal, handle] of handlers) process.on(signal, handle);
  process.on('exit', endChild);
  return () => {
    for (const [signal, handle] of handlers) process.off(signal, handle);
    process.off('exit', endChild);
  };
}

/** @returns {Record<string, () => void>} */
function signalsOfOwnGroup() {
  let last = Number.NEGATIVE_INFINITY;
  /** @param {NodeJS.Signals} signal */
  const interrupt = (signal) => () => {
    const now = performance.now();
    if (now - last < ECHO_MS) return;
    last = now;
    interruptedBy = signal;
    child?.kill(signal);
  };
  return {
    SIGINT: interrupt('SIGINT'),
    SIGTERM: interrupt('SIGTERM'),
    SIGHUP: interrupt('SIGHUP'),
    SIGWINCH: () => child?.kill('SIGWINCH'),
    // Ctrl-Z: a group without a shell above it does not obey SIGTSTP.
    SIGTSTP: () => {
      child?.kill('SIGSTOP');
      process.kill(process.pid, 'SIGSTOP');
    },
    SIGCONT: () => child?.kill('SIGCONT'),
  };
}

/** On Windows the console tells every program itself; we only have to stay and wait. */
function signalsOfSharedGroup() {
  return {
    SIGINT: () => {
      interruptedBy = 'SIGINT';
    },
  };
}

/** A launcher that died of the signal may leave behind what it had launched. */
function endGroup(/** @type {number} */ pid) {
  try {
    if (ownGroup) process.kill(-pid, 'SIGTERM');
  } catch {
    // Nobody was left.
  }
}

function endChild() {
  child?.kill('SIGTERM');
}

/** @param {NodeJS.Signals} signal */
const exitCodeOf = (signal) => 128 + constants.signals[signal];
