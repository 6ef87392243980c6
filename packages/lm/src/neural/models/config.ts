// Configs as users give them: what is kept of them, and how parameters are made.

import type { ParameterOptions } from '@dl/layers';

/** A config without what is undefined, and, apart from it, how and where its parameters are made. */
export function keptConfig<Config extends ParameterOptions>(
  config: Config,
): Omit<Config, keyof ParameterOptions> & { readonly made: ParameterOptions } {
  const { dtype, backend, generator, ...rest } = Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as ParameterOptions & Config;
  return {
    ...(rest as Omit<Config, keyof ParameterOptions>),
    made: { ...(dtype && { dtype }), ...(backend && { backend }), ...(generator && { generator }) },
  };
}
