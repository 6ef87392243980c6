// Configs as users give them: what is kept of them, and how parameters are made.

import { ArgumentError, checkInteger } from '@dl/autograd';
import type { ParameterOptions } from '@dl/layers';

/** A config without what is undefined, and, apart from it, how and where its parameters are made. */
export function keptConfig<Config extends ParameterOptions>(
  model: string,
  config: Config,
): Omit<Config, keyof ParameterOptions> & { readonly made: ParameterOptions } {
  if (config === undefined) {
    throw new ArgumentError(`${model}: config is undefined, needs a record with vocabularySize`);
  }
  const { dtype, backend, generator, ...rest } = Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as ParameterOptions & Config;
  return {
    ...(rest as Omit<Config, keyof ParameterOptions>),
    made: { ...(dtype && { dtype }), ...(backend && { backend }), ...(generator && { generator }) },
  };
}

/** Throws unless the begin token is one of the vocabulary. */
export function checkBegin(model: string, begin: number, vocabularySize: number): void {
  if (checkInteger(model, 'begin', begin, 0) >= vocabularySize) {
    throw new ArgumentError(
      `${model}: begin is ${begin}, needs a token from 0 to ${vocabularySize - 1}; one that is never said needs a place too`,
    );
  }
}
