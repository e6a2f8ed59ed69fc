import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { BridgeConfig, NetworkConfig } from './bridge-config.ts';
import { configSchema } from './config-schema.ts';

/** The configuration cannot be used; the message lists every problem, one a line, with its place. */
export class BridgeConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'BridgeConfigError';
  }
}

const largestFileChars = 1_000_000;

/** Reads a file; paths in it are meant from where it is. Throws BridgeConfigError. */
export function loadBridgeConfig(path: string, given: GivenSettings = {}): BridgeConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BridgeConfigError([`${path}: ${(error as Error).message}`]);
  }
  return parseBridgeConfig(text, path, given);
}

/** What whoever starts the bridge knows better than the file: taken where the file says nothing. */
export interface GivenSettings {
  readonly homeserver?: { readonly url: string; readonly server_name: string };
  readonly database_url?: string;
  readonly registration?: string;
  readonly key_file?: string;
}

/** As loadBridgeConfig, of a text; `name` is the file's path. */
export function parseBridgeConfig(text: string, name: string, given: GivenSettings = {}): BridgeConfig {
  if (text.length > largestFileChars) throw new BridgeConfigError([`${name}: the file is too large`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings];
  const lineOf = (offset: number) => `${name}:${lines.linePos(offset).line}`;
  if (syntax.length > 0)
    throw new BridgeConfigError(syntax.map((error) => `${lineOf(error.pos[0])}: ${error.message}`));
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new BridgeConfigError([`${name}: ${(error as Error).message}`]);
  }
  if (typeof root === 'object' && root !== null && !Array.isArray(root)) root = { ...given, ...root };
  const validate = new Ajv({ allErrors: true, useDefaults: true, strict: false }).compile(configSchema);
  if (!validate(root)) {
    const problems = (validate.errors ?? []).map((error) => {
      const path = error.instancePath.split('/').slice(1);
      const extra = error.params['additionalProperty'];
      const offset = findOffset(document.contents, extra === undefined ? path : [...path, String(extra)]);
      return `${lineOf(offset)}: ${explain(path, error)}`;
    });
    throw new BridgeConfigError([...new Set(problems)]);
  }
  return toConfig(root, dirname(resolve(name)));
}

function explain(path: readonly string[], error: ErrorObject): string {
  const key = path.join('.') || 'the file';
  const { keyword, params } = error;
  if (keyword === 'additionalProperties')
    return `there is no key \`${[...path, params['additionalProperty']].join('.')}\``;
  if (keyword === 'required') return `${key} lacks \`${params['missingProperty']}\``;
  if (keyword === 'enum') return `${key} must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
  return `${key} ${error.message ?? keyword}`;
}

/** Where the innermost part of `path` that is there begins. */
function findOffset(root: Node | null, path: readonly string[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

type Raw = Readonly<Record<string, unknown>>;

function toConfig(root: Raw, folder: string): BridgeConfig {
  const http = toCamel(root['http'] as Raw);
  const { bind, port } = http as { bind: string; port: number };
  const own = `http://${bind.includes(':') ? `[${bind}]` : bind}:${port}`;
  const url = withoutSlash((http['url'] as string | undefined) ?? own);
  const publicUrl = withoutSlash((http['publicUrl'] as string | undefined) ?? url);
  const networks = Object.entries(root['networks'] as Record<string, Raw>).map(([id, raw]) =>
    toNetwork(id, raw, folder),
  );
  const homeserver = toCamel(root['homeserver'] as Raw) as unknown as BridgeConfig['homeserver'];
  return {
    homeserver: { ...homeserver, url: withoutSlash(homeserver.url) },
    registration: resolve(folder, root['registration'] as string),
    databaseUrl: root['database_url'] as string,
    http: { bind, port, url, publicUrl },
    ident: root['ident'] as BridgeConfig['ident'],
    keyFile: resolve(folder, root['key_file'] as string),
    statusToken: root['status_token'] as string | undefined,
    administrators: root['administrators'] as string[],
    limits: toCamel(root['limits'] as Raw) as unknown as BridgeConfig['limits'],
    networks,
  };
}

function toNetwork(id: string, raw: Raw, folder: string): NetworkConfig {
  const servers = (raw['servers'] as Raw[]).map((server) => {
    const ca = server['ca'] as string | undefined;
    return { ...server, ca: ca === undefined ? undefined : resolve(folder, ca) };
  });
  const sasl = raw['sasl'] as Record<string, string> | undefined;
  const pathOf = (key: string) => {
    const path = sasl?.[key];
    return path === undefined ? {} : { [key]: resolve(folder, path) };
  };
  const canary = raw['canary'] === undefined ? undefined : toCamel(raw['canary'] as Raw);
  const flood = raw['flood'] === undefined ? undefined : toCamel(raw['flood'] as Raw);
  const rest = toCamel(raw) as unknown as NetworkConfig;
  return {
    ...rest,
    id,
    name: (raw['name'] as string | undefined) ?? id,
    servers,
    sasl: sasl && { ...sasl, ...pathOf('certificate'), ...pathOf('key') },
    ipv6Prefix: raw['ipv6_prefix'],
    canary,
    flood,
  } as unknown as NetworkConfig;
}

/** `public_url` becomes `publicUrl`, on this level only. */
function toCamel(raw: Raw): Record<string, unknown> {
  const entries = Object.entries(raw).map(([key, value]) => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
