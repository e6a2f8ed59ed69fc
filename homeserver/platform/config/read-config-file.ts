import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { type ConfigKeys, formatJsonSchema, listSettings } from './config-keys.ts';
import { suggestKey } from './suggest-key.ts';

/** Nothing that people write by hand is larger. */
const largestFileChars = 1_000_000;

export interface ConfigFile {
  /** What is set, by file key such as `http.public_url`. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Where it is set, such as `holdfast.yaml:12`. */
  locate(fileKey: string): string;
  /** One sentence each, beginning with the place. */
  readonly problems: readonly string[];
}

/** Reads the text of the configuration file and checks it against the keys. `name` is the file's name in messages. */
export function readConfigFile(text: string, name: string, keys: ConfigKeys): ConfigFile {
  const lines = new LineCounter();
  const lineOf = (offset: number | undefined) =>
    offset === undefined ? name : `${name}:${lines.linePos(offset).line}`;
  const refuse = (problems: string[]): ConfigFile => ({ values: new Map(), locate: () => name, problems });
  if (text.length > largestFileChars) return refuse([`${name}: the file is too large`]);
  let document: Document.Parsed;
  let root: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const syntax = [...document.errors, ...document.warnings];
    if (syntax.length > 0) return refuse(syntax.map((error) => `${lineOf(error.pos[0])}: ${error.message}`));
    // Aliases (`*name`) let a few lines unfold to any size, and no setting needs them.
    root = dropEmpty(document.toJS({ maxAliasCount: 0 })) ?? {};
  } catch (error) {
    // Nested too deeply for the parser, or with aliases.
    return refuse([`${name}: ${(error as Error).message}`]);
  }

  const locatePath = (path: readonly string[]) => lineOf(findKeyOffset(document.contents, path));
  const settings = listSettings(keys);
  const validate = new Ajv({ allErrors: true, strict: true }).compile(formatJsonSchema(keys, ''));
  const errors = validate(root) ? [] : (validate.errors ?? []);
  const fileKeys = settings.map((found) => found.fileKey);
  const problems = errors
    .filter((error) => error.keyword === 'type' || !hasTypeError(errors, error.instancePath))
    .map((error) => explain(error, root, fileKeys))
    .map(([path, sentence]) => ({ offset: findKeyOffset(document.contents, path) ?? 0, sentence }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, sentence }) => `${lineOf(offset)}: ${sentence}`);
  const values = new Map<string, unknown>();
  for (const { fileKey } of settings) {
    const value = valueAt(root, fileKey.split('.'));
    if (value !== undefined) values.set(fileKey, value);
  }
  return { values, locate: (fileKey) => locatePath(fileKey.split('.')), problems: [...new Set(problems)] };
}

/** A key with nothing behind it, or a section whose keys are all commented out, counts as not there. */
function dropEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([key, member]) => [key, dropEmpty(member)]));
}

/** A value of the wrong type breaks other rules too; to say that it does helps nobody. */
function hasTypeError(errors: readonly ErrorObject[], instancePath: string): boolean {
  return errors.some((error) => error.keyword === 'type' && error.instancePath === instancePath);
}

/** Turns ajv's error into the path of what is wrong and a sentence about it. */
function explain(error: ErrorObject, root: unknown, fileKeys: readonly string[]): [string[], string] {
  const path = error.instancePath.split('/').slice(1);
  const key = path.join('.') || 'the file';
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties') {
    const unknownPath = [...path, String(params['additionalProperty'])];
    const unknownKey = unknownPath.join('.');
    const above = path.length > 0 ? `${path.join('.')}.` : '';
    const meant =
      suggestKey(
        unknownKey,
        fileKeys.filter((candidate) => candidate.startsWith(above)),
      ) ??
      suggestKey(unknownKey, fileKeys) ??
      suggestKey(unknownPath.at(-1) ?? '', listSections(fileKeys));
    return [unknownPath, `there is no key \`${unknownKey}\`${meant ? `; did you mean \`${meant}\`?` : ''}`];
  }
  const found = `(it is ${describeValue(valueAt(root, path))})`;
  if (error.keyword === 'enum') {
    const allowed = params['allowedValues'] as string[];
    const value = valueAt(root, path);
    const meant = typeof value === 'string' ? suggestKey(value, allowed) : undefined;
    const list = allowed.map((item) => `\`${item}\``).join(', ');
    return [path, `${key} must be one of ${list} ${found}${meant ? `; did you mean \`${meant}\`?` : ''}`];
  }
  return [path, `${key} ${explainRule(error.keyword, params)} ${found}`];
}

function explainRule(keyword: string, params: Record<string, unknown>): string {
  const limit = String(params['limit']);
  const typeNames: Record<string, string> = {
    string: 'text (in quotes where it is only digits)',
    integer: 'a whole number',
    number: 'a number',
    boolean: '`true` or `false`',
    array: 'a list',
    object: 'a section with keys below it',
  };
  switch (keyword) {
    case 'type':
      return `must be ${typeNames[String(params['type'])] ?? String(params['type'])}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minLength':
      return 'must not be empty';
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'maxItems':
      return `must have at most ${limit} entries`;
    default:
      return `breaks the rule "${keyword}"`;
  }
}

function listSections(fileKeys: readonly string[]): string[] {
  const sections = fileKeys.flatMap((fileKey) => {
    const parts = fileKey.split('.').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
  });
  return [...new Set(sections)];
}

/** Only kinds are told, not values: they may be secrets written in the wrong place. */
function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value === 'string') return 'text';
  return JSON.stringify(value);
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** Offset of the innermost key of `path` that is in the file. */
function findKeyOffset(root: unknown, path: readonly string[]): number | undefined {
  let node: unknown = root;
  let offset = (root as Node | null)?.range?.[0];
  for (const part of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
    if (!pair) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
