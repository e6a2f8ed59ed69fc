import { formatJsonSchema, listSettings } from '../platform/config/config-keys.ts';
import { configKeys } from '../platform/config/config-schema.ts';
import type { Command } from './command.ts';
import { formatConfigReference } from './format-config-reference.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';

export const configCheckCommand: Command = {
  summary: 'Check the configuration, and show what is set and where.',
  options: configOptions,
  async run(input, output) {
    const { config, file, origins } = loadCommandConfig(input);
    output.print(file ? `configuration file: ${file}` : 'configuration file: none');
    output.print(`data folder: ${config.dataDir}`);
    for (const { path, fileKey, setting } of listSettings(configKeys)) {
      const origin = origins.get(fileKey);
      if (origin === undefined) continue;
      const value = setting.secret ? '(hidden)' : JSON.stringify(valueAt(config, path));
      output.print(`${fileKey} = ${value}   from ${origin}`);
    }
    output.print(origins.size === 0 ? 'Everything is at its default.' : 'The configuration is good.');
    return 0;
  },
};

export const configReferenceCommand: Command = {
  summary: 'Print what can be set, as Markdown.',
  options: {},
  async run(_input, output) {
    output.print(formatConfigReference(configKeys).trimEnd());
    return 0;
  },
};

export const configSchemaCommand: Command = {
  summary: 'Print the JSON Schema of holdfast.yaml, for editors.',
  options: {},
  async run(_input, output) {
    const schema = formatJsonSchema(configKeys, 'Configuration of Holdfast');
    output.print(JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }, null, 2));
    return 0;
  },
};

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (value as Record<string, unknown>)[key], root);
}
