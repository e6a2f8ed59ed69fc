import { type ConfigKeys, type Setting, toFileKey, type ValueSchema } from '../platform/config/config-keys.ts';

const introduction = `# Configuration

Nothing has to be set. What is set stands in one YAML file, \`holdfast.yaml\` in the data folder or the one that
\`--config\` or \`HOLDFAST_CONFIG\` names, and in environment variables, which go before the file: \`HOLDFAST_\` and the
key's path in capitals with \`_\` between, so \`http.port\` is \`HOLDFAST_HTTP_PORT\`. Lists in variables are separated by
commas. A key that does not exist, or a value that cannot be, is refused at the start with its line and what was
probably meant; \`holdfast config check\` does the same without starting.

\`\`\`yaml
server_name: example.org
http:
  public_url: https://matrix.example.org
registration:
  mode: token
\`\`\`

A change takes effect at the next start.

<!-- Made by \`holdfast config reference\` from homeserver/platform/config/config-schema.ts: change it there. -->
`;

/** The page docs/operating/configuration.md. */
export function formatConfigReference(keys: ConfigKeys): string {
  return `${[introduction, ...formatSection(keys, [])].join('\n')}\n`;
}

/** First the keys of the section itself as a table, then the sections in it. */
function formatSection(keys: ConfigKeys, above: readonly string[]): string[] {
  const entries = Object.entries(keys);
  const rows = entries.flatMap(([key, entry]) =>
    entry.kind === 'setting' ? [formatRow([...above, toFileKey(key)].join('.'), entry)] : [],
  );
  const table = rows.length === 0 ? [] : ['| key | value | default | |', '|---|---|---|---|', ...rows, ''];
  const sections = entries.flatMap(([key, entry]) => {
    if (entry.kind === 'setting') return [];
    const path = [...above, toFileKey(key)];
    return [
      `${'#'.repeat(path.length + 1)} ${path.join('.')}`,
      '',
      entry.description,
      '',
      ...formatSection(entry.keys, path),
    ];
  });
  return [...table, ...sections];
}

function formatRow(fileKey: string, setting: Setting<unknown>): string {
  const cells = [`\`${fileKey}\``, describeValues(setting.schema), describeDefault(setting), setting.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function describeDefault(setting: Setting<unknown>): string {
  const { default: value, schema } = setting;
  if (value === undefined) return '';
  if (schema.items?.type === 'object') return `\`${JSON.stringify(value)}\``;
  return `\`${Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function describeValues(schema: ValueSchema): string {
  if (schema.enum) return schema.enum.map((item) => `\`${item}\``).join(', ');
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `${schema.minimum} to ${schema.maximum}`;
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return schema.items?.type === 'object' ? 'list of objects' : 'list of text';
    case 'object':
      return 'section';
    default:
      return 'text';
  }
}
