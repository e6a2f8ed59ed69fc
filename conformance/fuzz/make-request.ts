import type { Endpoint } from '@holdfast/homeserver/http/endpoint.ts';
import type { Random } from '../simulation/random.ts';
import { choose } from './choose.ts';
import { hostileTexts, makeValue } from './make-value.ts';

export interface FuzzedRequest {
  readonly operation: string;
  /** The whole request as bytes on the wire. */
  readonly bytes: Buffer;
  /** Never finished by the sender: the server must end it by its own deadline. */
  readonly endless: boolean;
}

/** Ids that exist, ids of others, and tokens: what requests are made of. */
export interface FuzzPool {
  readonly tokens: readonly string[];
  readonly texts: readonly string[];
  /** What a parameter of a path stands for, by its name in lower case, where something of it exists. */
  readonly byParameter: Readonly<Record<string, readonly string[]>>;
  /** Paths at which another method would destroy what all requests are made of. */
  readonly sparedPaths?: ReadonlySet<string>;
}

/** One request to an operation: mostly well formed with hostile values, sometimes broken as bytes. */
export function makeRequest(random: Random, endpoint: Endpoint, pool: FuzzPool): FuzzedRequest {
  const target = makeTarget(random, endpoint, pool);
  const body = endpoint.body || endpoint.rawBody ? makeBody(random, endpoint, pool) : Buffer.alloc(0);
  const method =
    random.chance(0.02) && !pool.sparedPaths?.has(endpoint.path)
      ? choose(random, ['PATCH', 'DELETE', 'GET', 'POST', 'PUT', 'HEAD'])
      : endpoint.method;
  const endless = random.chance(0.002);
  const lengthHeader = endless ? body.length + 1_000_000 : random.chance(0.005) ? random.integer(10) : body.length;
  const headers = [
    `${method} ${target} HTTP/1.1`,
    'host: localhost',
    'connection: close',
    `content-type: ${random.chance(0.95) ? 'application/json' : choose(random, ['text/plain', 'a/b/c', '\u00ff', 'image/png'])}`,
    `content-length: ${lengthHeader}`,
    ...authorization(random, pool),
  ];
  return {
    operation: endpoint.operation,
    bytes: Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`, 'latin1'), body]),
    endless: endless || lengthHeader > body.length,
  };
}

function authorization(random: Random, pool: FuzzPool): string[] {
  if (random.chance(0.03)) return [];
  if (random.chance(0.03))
    return [
      `authorization: ${choose(random, ['Bearer', 'Bearer ', 'Basic YTpi', 'Bearer ü', `Bearer ${'x'.repeat(5_000)}`])}`,
    ];
  return [`authorization: Bearer ${choose(random, pool.tokens)}`];
}

function makeTarget(random: Random, endpoint: Endpoint, pool: FuzzPool): string {
  const path = endpoint.path.replace(/\{([^}]+)\}/g, (_, name: string) => makeSegment(random, pool, name));
  const properties = (endpoint.query?.['properties'] ?? {}) as Record<string, { readonly [keyword: string]: unknown }>;
  const query = Object.entries(properties)
    .filter(() => random.chance(0.4))
    .map(([name, schema]) => `${name}=${encodeHostile(String(makeValue(random, schema, pool.texts, 0.2)))}`);
  if (random.chance(0.05))
    query.push(choose(random, ['%', '%zz=1', 'a=%ff%fe', '&&&', `x=${'y'.repeat(9_000)}`, 'limit=1&limit=2']));
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
}

function makeSegment(random: Random, pool: FuzzPool, parameter: string): string {
  const fitting = pool.byParameter[parameter.toLowerCase()];
  if (fitting && random.chance(0.7)) return encodeURIComponent(choose(random, fitting));
  if (random.chance(0.8)) return encodeURIComponent(choose(random, pool.texts));
  return choose(random, [
    '%',
    '%ff',
    '%00',
    '..',
    '.',
    '%2e%2e%2f',
    encodeHostile(choose(random, hostileTexts)),
    'x'.repeat(3_000),
  ]);
}

/** As encodeURIComponent, for texts that are not well formed too. */
function encodeHostile(text: string): string {
  return encodeURIComponent(text.slice(0, 2_000).toWellFormed());
}

function makeBody(random: Random, endpoint: Endpoint, pool: FuzzPool): Buffer {
  if (random.chance(0.08)) return choose(random, brokenBodies)();
  if (endpoint.rawBody) return Buffer.from(choose(random, hostileTexts));
  const value = makeValue(random, endpoint.body, pool.texts, random.chance(0.5) ? 0 : 0.1);
  return Buffer.from(JSON.stringify(value) ?? 'undefined');
}

const brokenBodies: readonly (() => Buffer)[] = [
  () => Buffer.from('{'),
  () => Buffer.from('[]'),
  () => Buffer.from('null'),
  () => Buffer.from('{"a":1}garbage'),
  () => Buffer.from('{"a":"\\ud800"}'),
  () => Buffer.from('{"a":1e999,"b":-0,"c":12345678901234567890}'),
  () => Buffer.from('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{}}}'),
  () => Buffer.from('{"a":1,"a":2}'),
  () => Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff, 0xfe, 0xc0, 0x80), Buffer.from('"}')]),
  () => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from('{}')]),
  () => Buffer.from('['.repeat(100_000)),
  () => Buffer.from('{"a":'.repeat(50_000)),
  () => Buffer.from(`{"a":"${'x'.repeat(3_000_000)}"}`),
];
