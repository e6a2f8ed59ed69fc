/** The part of JSON Schema that settings use. */
export interface ValueSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: ValueSchema;
}

/** One setting: what it may be, what it is when unset, and what the documentation says of it. */
export interface Setting<Value> {
  readonly kind: 'setting';
  readonly description: string;
  readonly schema: ValueSchema;
  readonly default: Value;
  /** Never shown in logs, messages or `config check`. */
  readonly secret: boolean;
  /** A rule that JSON Schema cannot say: gives what is wrong, or undefined. */
  readonly check?: (value: unknown) => string | undefined;
}

export interface Section<Keys> {
  readonly kind: 'section';
  readonly description: string;
  readonly keys: Keys;
}

/** Keys as in the code (camelCase); in the file they are snake_case, in the environment capitals. */
export interface ConfigKeys {
  readonly [key: string]: Setting<unknown> | Section<ConfigKeys>;
}

/** The values that belong to keys. */
export type ConfigValues<Keys> = {
  readonly [Key in keyof Keys]: Keys[Key] extends Setting<infer Value>
    ? Value
    : Keys[Key] extends Section<infer Inner>
      ? ConfigValues<Inner>
      : never;
};

interface TextRules {
  readonly maxLength?: number;
  readonly secret?: boolean;
  readonly check?: (value: string) => string | undefined;
}

const longestText = 2_000;

export function section<Keys extends ConfigKeys>(description: string, keys: Keys): Section<Keys> {
  return { kind: 'section', description, keys };
}

export function text(fallback: string, description: string, rules?: TextRules): Setting<string>;
export function text(fallback: undefined, description: string, rules?: TextRules): Setting<string | undefined>;
export function text(
  fallback: string | undefined,
  description: string,
  rules: TextRules = {},
): Setting<string | undefined> {
  const { check } = rules;
  return {
    kind: 'setting',
    description,
    schema: { type: 'string', minLength: 1, maxLength: rules.maxLength ?? longestText },
    default: fallback,
    secret: rules.secret ?? false,
    ...(check && { check: (value: unknown) => (typeof value === 'string' ? check(value) : undefined) }),
  };
}

export function integer(fallback: number, minimum: number, maximum: number, description: string): Setting<number>;
export function integer(
  fallback: undefined,
  minimum: number,
  maximum: number,
  description: string,
): Setting<number | undefined>;
export function integer(
  fallback: number | undefined,
  minimum: number,
  maximum: number,
  description: string,
): Setting<number | undefined> {
  return setting(fallback, description, { type: 'integer', minimum, maximum });
}

export function decimal(fallback: number, minimum: number, maximum: number, description: string): Setting<number> {
  return setting(fallback, description, { type: 'number', minimum, maximum });
}

export function flag(fallback: boolean, description: string): Setting<boolean> {
  return setting(fallback, description, { type: 'boolean' });
}

export function choice<const Choices extends readonly string[]>(
  fallback: Choices[number],
  choices: Choices,
  description: string,
): Setting<Choices[number]> {
  return setting(fallback, description, { type: 'string', enum: choices });
}

/** A list of entries with keys of their own, which `check` looks at. In the environment it is JSON. */
export function entryList<Entry>(
  fallback: readonly Entry[],
  description: string,
  check: (value: unknown) => string | undefined,
): Setting<readonly Entry[]> {
  return { ...setting(fallback, description, { type: 'array', maxItems: 100, items: { type: 'object' } }), check };
}

/** `check` looks at each entry. */
export function textList(
  fallback: readonly string[],
  description: string,
  rules: Pick<TextRules, 'check'> = {},
): Setting<readonly string[]> {
  const items: ValueSchema = { type: 'string', minLength: 1, maxLength: longestText };
  const list = setting(fallback, description, { type: 'array', maxItems: 100, items });
  const { check } = rules;
  return check ? { ...list, check: (value) => checkEntries(value, check) } : list;
}

/** A section whose keys are not known here; `check` looks at all of it. In the environment it is JSON. It may have secrets. */
export function structure(
  description: string,
  check: (value: unknown) => string | undefined,
): Setting<Readonly<Record<string, unknown>> | undefined> {
  return { kind: 'setting', description, schema: { type: 'object' }, default: undefined, secret: true, check };
}

function checkEntries(value: unknown, check: (entry: string) => string | undefined): string | undefined {
  for (const entry of Array.isArray(value) ? (value as unknown[]) : []) {
    const problem = typeof entry === 'string' ? check(entry) : undefined;
    if (problem !== undefined) return `(\`${String(entry)}\`) ${problem}`;
  }
  return undefined;
}

function setting<Value>(fallback: Value, description: string, schema: ValueSchema): Setting<Value> {
  return { kind: 'setting', description, schema, default: fallback, secret: false };
}

/** `publicUrl` is `public_url` in the file. */
export function toFileKey(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A setting with where it stands. */
export interface FoundSetting {
  /** As in the code, such as `['http', 'publicUrl']`. */
  readonly path: readonly string[];
  /** As in the file, such as `http.public_url`. */
  readonly fileKey: string;
  /** Such as `HOLDFAST_HTTP_PUBLIC_URL`. */
  readonly variable: string;
  readonly setting: Setting<unknown>;
}

/** All settings in the order of their definition. */
export function listSettings(keys: ConfigKeys, above: readonly string[] = []): FoundSetting[] {
  return Object.entries(keys).flatMap(([key, entry]) => {
    const path = [...above, key];
    if (entry.kind === 'section') return listSettings(entry.keys, path);
    const fileKeys = path.map(toFileKey);
    const variable = `HOLDFAST_${fileKeys.join('_').toUpperCase()}`;
    return [{ path, fileKey: fileKeys.join('.'), variable, setting: entry }];
  });
}

/** JSON Schema of the configuration file. */
export function formatJsonSchema(keys: ConfigKeys, description: string): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(keys)) {
    properties[toFileKey(key)] =
      entry.kind === 'section'
        ? formatJsonSchema(entry.keys, entry.description)
        : {
            description: entry.description,
            ...entry.schema,
            ...(entry.default !== undefined && { default: entry.default }),
          };
  }
  return { type: 'object', description, additionalProperties: false, properties };
}
