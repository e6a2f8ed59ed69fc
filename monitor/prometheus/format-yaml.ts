type Scalar = string | number | boolean;
/** What the files of Prometheus, Alertmanager and Grafana are made of. What is undefined is left out. */
export type Yaml = Scalar | readonly Yaml[] | { readonly [key: string]: Yaml | undefined };

const plain = /^[A-Za-z][\w/-]*$|^\d+[smhd]$/;
const reserved = /^(true|false|yes|no|on|off|null|y|n)$/i;

/** YAML in block style, as people write it; ends with a line break. */
export function formatYaml(value: Yaml): string {
  return `${formatLines(value).join('\n')}\n`;
}

function formatLines(value: Yaml): string[] {
  if (isList(value)) return value.flatMap((item) => indent(formatLines(item), '- '));
  if (typeof value !== 'object') return [formatScalar(value)];
  return Object.entries(value).flatMap(([key, content]) => {
    if (content === undefined) return [];
    if (typeof content !== 'object') return [`${key}: ${formatScalar(content)}`];
    if (Object.keys(content).length === 0) return [`${key}: ${isList(content) ? '[]' : '{}'}`];
    return [`${key}:`, ...indent(formatLines(content), '  ')];
  });
}

function indent(lines: readonly string[], first: string): string[] {
  return lines.map((line, index) => `${index === 0 ? first : '  '}${line}`);
}

function formatScalar(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  if (plain.test(value) && !reserved.test(value)) return value;
  // In single quotes nothing is escaped but they themselves.
  return value.includes('"') ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}
