import { type LoadedConfig, loadConfig } from '../platform/config/load-config.ts';
import type { CommandInput, CommandOption } from './command.ts';

/** Options of every command that needs the configuration. */
export const configOptions: Readonly<Record<string, CommandOption>> = {
  config: { type: 'string', help: 'Configuration file; otherwise holdfast.yaml in the data folder, if it is there.' },
  'data-dir': { type: 'string', help: 'Data folder.' },
};

/** Loads the configuration as the options say. Throws ConfigError. */
export function loadCommandConfig(input: CommandInput): LoadedConfig {
  const { config: file, 'data-dir': dataDir } = input.options;
  return loadConfig({
    ...(typeof file === 'string' && { file }),
    overrides: typeof dataDir === 'string' ? { data_dir: dataDir } : {},
  });
}
