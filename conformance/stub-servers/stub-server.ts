import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  cryptoPrimitives,
  generateSigningKeyPair,
} from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import type { SigningKey } from '@holdfast/protocol/crypto/crypto-primitives.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

/** What a stub answers: an object becomes JSON, a text is sent as it is; or it does what it likes with the response. */
export type StubReply =
  | { readonly status?: number; readonly body: JsonObject | string }
  | { readonly act: (response: ServerResponse) => void };

/** Answers a request that it knows, or gives undefined. The path has its query; `body` is parsed on demand. */
export type StubHandler = (ask: StubRequest) => StubReply | undefined | Promise<StubReply | undefined>;

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly text: string;
}

/** Another server of the federation that does what it is told, with a real key, over real TLS. */
export interface StubServer {
  /** `localhost` and the port. */
  readonly name: string;
  readonly key: SigningKey;
  /** Looked through in order; the server's keys and version are answered besides. */
  readonly handlers: StubHandler[];
  /** Sends a signed request to another server by its name. */
  ask(server: string, method: string, path: string, body?: JsonObject | string): Promise<StubAnswer>;
  close(): Promise<void>;
}

export interface StubAnswer {
  readonly status: number;
  readonly text: string;
}

export interface StubSetting {
  /** Paths of PEM files; the certificate is for `localhost`. */
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
  /** How many requests it may have under way to one server; 8 unless given. */
  readonly connections?: number;
}

const askTimeoutMs = 600_000;
const keyLifeMs = 7 * 24 * 3_600_000;

/** Starts a stub on a free port of loopback. */
export async function startStubServer(setting: StubSetting): Promise<StubServer> {
  const pair = generateSigningKeyPair();
  const handlers: StubHandler[] = [];
  const agent = new Agent({
    ca: readFileSync(setting.authorities),
    keepAlive: true,
    maxSockets: setting.connections ?? 8,
  });
  // The key has the server's name, which has the port.
  const self: { key?: SigningKey } = {};
  const ownHandler: StubHandler = ({ path }) => self.key && describeStub(self.key, pair.publicKey, path);
  const server = createServer(
    { cert: readFileSync(setting.certificate), key: readFileSync(setting.key), keepAliveTimeout: 60_000 },
    (incoming, response) => void answer([...handlers, ownHandler], incoming, response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const name = `localhost:${(server.address() as AddressInfo).port}`;
  const ownKey: SigningKey = { name, keyId: 'ed25519:stub', secretKey: pair.secretKey };
  self.key = ownKey;
  return {
    name,
    key: ownKey,
    handlers,
    ask: (to, method, path, body) => askSigned({ key: ownKey, agent, to, method, path, body }),
    async close() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(handlers: readonly StubHandler[], incoming: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const ask = { method: incoming.method ?? '', path: incoming.url ?? '', text: Buffer.concat(chunks).toString() };
    for (const handler of handlers) {
      const reply = await handler(ask);
      if (reply !== undefined) return send(response, reply);
    }
    send(response, { status: 404, body: { errcode: 'M_UNRECOGNIZED', error: 'the stub does not know this' } });
  } catch (error) {
    // The other side went away, which is its right.
    response.destroy(error as Error);
  }
}

function send(response: ServerResponse, reply: StubReply): void {
  if ('act' in reply) return reply.act(response);
  const { status = 200, body } = reply;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function describeStub(key: SigningKey, publicKey: Uint8Array, path: string): StubReply | undefined {
  if (path.startsWith('/_matrix/federation/v1/version')) return { body: { server: { name: 'stub', version: '1' } } };
  if (!path.startsWith('/_matrix/key/v2/server')) return undefined;
  const keys: JsonObject = {
    server_name: key.name,
    valid_until_ts: Date.now() + keyLifeMs,
    verify_keys: { [key.keyId]: { key: encodeBase64(publicKey) } },
    old_verify_keys: {},
  };
  return { body: signJson(keys, key, cryptoPrimitives) };
}

interface SignedAsk {
  readonly key: SigningKey;
  readonly agent: Agent;
  readonly to: string;
  readonly method: string;
  readonly path: string;
  readonly body: JsonObject | string | undefined;
}

/** Of what has no canonical JSON there is no signature; it is sent with that of something else. */
function signatureOf(key: SigningKey, payload: JsonObject): string {
  let signed: JsonObject;
  try {
    signed = signJson(payload, key, cryptoPrimitives);
  } catch {
    signed = signJson({ ...payload, content: undefined }, key, cryptoPrimitives);
  }
  return (signed['signatures'] as Record<string, Record<string, string>>)[key.name]?.[key.keyId] ?? '';
}

/** https://spec.matrix.org/v1.19/server-server-api/#request-authentication */
function askSigned({ key, agent, to, method, path, body }: SignedAsk): Promise<StubAnswer> {
  const content = typeof body === 'string' ? (JSON.parse(body) as JsonObject) : body;
  const signature = signatureOf(key, { method, uri: path, origin: key.name, destination: to, content });
  const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
  const authorization = `X-Matrix origin="${key.name}",destination="${to}",key="${key.keyId}",sig="${signature}"`;
  const { promise, resolve, reject } = Promise.withResolvers<StubAnswer>();
  const [host, port] = to.split(':');
  const sending = request({
    ...{ host, port, method, path, agent, timeout: askTimeoutMs },
    headers: {
      authorization,
      host: to,
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
  });
  sending.on('error', reject);
  sending.on('timeout', () => sending.destroy(new Error('no answer in time')));
  sending.on('response', (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', reject);
    incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
  });
  sending.end(text);
  return promise;
}
