// The arguments of a command: files by their place, options by their names.

import { parseArgs } from 'node:util';
import { ArgumentError } from '@dl/autograd';

/** How the command is called from anywhere. */
export const PROGRAM = 'npx @dl/lm';

/** What is wrong with a command line. */
export class UsageError extends ArgumentError {
  override name = 'UsageError';
}

/** An option: whether it takes a value, and what it is in words. */
export interface Option {
  readonly type: 'string' | 'boolean';
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

/** What was given. */
export class Arguments {
  readonly files: readonly string[];
  readonly #command: string;
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(command: string, args: readonly string[], files: readonly string[], options: Options) {
    this.#command = command;
    const known = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));
    let parsed: { readonly values: Record<string, unknown>; readonly positionals: string[] };
    try {
      parsed = parseArgs({ args: [...args], options: known, allowPositionals: true });
    } catch (error) {
      throw this.error(inWords((error as Error).message, Object.keys(options)));
    }
    // The model may be said by its name.
    const model = files[0] === 'MODEL' ? parsed.values['model'] : undefined;
    const places = [...(typeof model === 'string' ? [model] : []), ...parsed.positionals];
    if (places.length !== files.length) {
      const got = places.length === 0 ? 'nothing' : places.join(' ');
      throw this.error(`got ${got}, needs ${files.join(' and ')}`);
    }
    this.files = places;
    this.#values = parsed.values as Record<string, string | boolean | undefined>;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== false;
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  /** A number; the functions that get it say which are possible. */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value))
      throw this.error(`--${name} is ${JSON.stringify(text)}, needs a number`);
    return value;
  }

  integer(name: string, least: number): number | undefined {
    const value = this.number(name);
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
    throw this.error(`--${name} is ${this.text(name)}, needs a whole number of at least ${least}`);
  }

  /** One of some words. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined || choices.includes(text as T)) return text as T | undefined;
    throw this.error(`--${name} is ${JSON.stringify(text)}, needs one of ${choices.join(', ')}`);
  }

  error(words: string): UsageError {
    return new UsageError(`${words}; see ${PROGRAM} ${this.#command} --help`);
  }
}

/** What Node says of a command line, in a sentence of ours. */
function inWords(message: string, names: readonly string[]): string {
  const unknown = /Unknown option '(-[^']*)'/.exec(message);
  if (unknown) return `there is no option ${unknown[1]}; it has ${names.map((name) => `--${name}`).join(', ')}`;
  const [, missing] = /Option '(--?[^' ]+)[^']*' argument missing/.exec(message) ?? [];
  if (missing !== undefined) return `${missing} has no value, needs one behind it`;
  const [, given] = /Option '(--?[^' ]+)' does not take an argument/.exec(message) ?? [];
  if (given !== undefined) return `${given} takes no value`;
  const [, ambiguous] = /Option '(--?[^' ]+)[^']*' argument is ambiguous/.exec(message) ?? [];
  if (ambiguous !== undefined) return `the value of ${ambiguous} begins with a dash: write ${ambiguous}=VALUE`;
  return message.split('\n')[0]!.replace(/\.$/, '');
}
