import { Ajv } from 'ajv';
import type { FoundSetting, ValueSchema } from './config-keys.ts';
import { suggestKey } from './suggest-key.ts';

const prefix = 'HOLDFAST_';

/**
 * Variables that begin like ours and are not settings: the one that names the file, those of our own tests, and those
 * that Docker and Kubernetes make by themselves for a service of the name "holdfast".
 */
const notSettings = /^HOLDFAST_(CONFIG$|TEST_|SERVICE_|PORT$|PORT_\d+_|ENV_)/;

export interface EnvironmentSettings {
  /** By file key. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly string[];
}

/** Reads the settings from environment variables; an empty one counts as unset. Lists are separated by commas. */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  settings: readonly FoundSetting[],
): EnvironmentSettings {
  const values = new Map<string, unknown>();
  const problems: string[] = [];
  // The schemas are our own: checking them against the schema of schemas would be a good part of every start.
  const ajv = new Ajv({ meta: false, validateSchema: false });
  const byVariable = new Map(settings.map((found) => [found.variable, found]));
  for (const [variable, written] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || notSettings.test(variable) || !written) continue;
    const found = byVariable.get(variable);
    if (!found) {
      const meant = suggestKey(variable, [...byVariable.keys()]);
      problems.push(`${variable}: there is no such setting${meant ? `; did you mean ${meant}?` : ''}`);
      continue;
    }
    const { schema } = found.setting;
    const value = schema.items?.type === 'object' ? parseJson(written) : parseValue(written, schema.type);
    if (ajv.validate(schema, value)) values.set(found.fileKey, value);
    else problems.push(`${variable}: ${describeSchema(schema)}`);
  }
  return { values, problems };
}

function parseValue(written: string, type: ValueSchema['type']): unknown {
  if (type === 'integer' || type === 'number') return /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : written;
  if (type === 'boolean') return written === 'true' ? true : written === 'false' ? false : written;
  if (type === 'object') return parseJson(written);
  if (type === 'array') return written.split(',').map((item) => item.trim());
  return written;
}

/** What is no JSON stays text, which the schema refuses. */
function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

/** What a value of the schema is, as in `must be a whole number from 0 to 65535`. */
export function describeSchema(schema: ValueSchema): string {
  if (schema.enum) return `must be one of ${schema.enum.join(', ')}`;
  const range = schema.minimum === undefined ? '' : ` from ${schema.minimum} to ${schema.maximum}`;
  switch (schema.type) {
    case 'integer':
      return `must be a whole number${range}`;
    case 'number':
      return `must be a number${range}`;
    case 'boolean':
      return 'must be true or false';
    case 'array':
      return schema.items?.type === 'object'
        ? 'must be a list of objects as JSON'
        : `must be a list of at most ${schema.maxItems} entries, separated by commas`;
    case 'object':
      return 'must be an object as JSON';
    default:
      return `must be text of at most ${schema.maxLength} characters`;
  }
}
