import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import type { SigningKey } from '../platform/context.ts';
import { cryptoPrimitives, generateSigningKeyPair } from '../platform/cryptography/crypto-primitives.ts';
import { type SignedRequest, signRequest } from '../remote-servers/request-authentication/sign-request.ts';
import type { TestNetwork } from './test-network.ts';
import { request, type TestReply } from './test-user.ts';

/** What a homeserver asked a fake server. */
export interface FakeRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: JsonObject | undefined;
}

/** An object is answered as JSON with status 200; a function may do anything with the response, or nothing at all. */
export type FakeAnswer =
  | object
  | ((response: ServerResponse, request: FakeRequest) => object | undefined | Promise<object | undefined>);

/** Another server that does what a test tells it to: it signs, and it may lie, hang, trickle or refuse. */
export interface FakeServer {
  readonly serverName: string;
  /** Signs requests and what the server publishes; can be replaced. */
  key: SigningKey;
  readonly requests: readonly FakeRequest[];
  /**
   * What a path (without query) is answered with, or with a slash at the end all paths below it; all others with 404
   * M_UNRECOGNIZED.
   */
  answer(path: string, answer: FakeAnswer): void;
  /** The Authorization header for a request to `destination`. */
  authorize(signed: Omit<SignedRequest, 'origin'>): string;
  /** Sends a signed request to a homeserver. */
  send(baseUrl: string, destination: string, method: string, uri: string, body?: JsonObject): Promise<TestReply>;
  /** Its keys as it publishes them. */
  publishKeys(members?: JsonObject): JsonObject;
  /** Resolves with the first request, past or future, whose URL begins so. */
  waitForRequest(urlStart: string): Promise<FakeRequest>;
  stop(): Promise<void>;
}

/** A signing key of its own. */
export function makeFakeKey(keyId = 'ed25519:fake'): SigningKey {
  return { keyId, ...generateSigningKeyPair() };
}

/** Starts a fake server in a test network. It publishes its keys. */
export async function startFakeServer(network: TestNetwork, serverName: string): Promise<FakeServer> {
  const { certificate, key } = network.makeCertificate([serverName.replace(/:\d+$/, '')]);
  const answers = new Map<string, FakeAnswer>();
  const requests: FakeRequest[] = [];
  const listeners = new Set<() => void>();
  const listener = createServer({ cert: certificate, key }, (incoming, response) => {
    void readRequest(incoming).then(async (received) => {
      requests.push(received);
      for (const listen of listeners) listen();
      await respond(findAnswer(answers, received.url.replace(/\?.*$/s, '')), received, response);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  // A test that fails before it stops this must not go on for ever.
  listener.unref();
  network.addServer(serverName, (listener.address() as AddressInfo).port);
  const server: FakeServer = {
    ...{ serverName, requests, key: makeFakeKey() },
    answer: (path, answer) => void answers.set(path, answer),
    authorize: (signed) => signRequest({ ...signed, origin: serverName }, server.key),
    send(baseUrl, destination, method, uri, body) {
      const contentJson = body && encodeCanonicalJson(body, { strict: false });
      const authorization = server.authorize({ method, uri, destination, contentJson });
      return request(baseUrl, method, uri, { headers: { authorization }, body });
    },
    publishKeys: (members = {}) => publishSigningKeys(server, members),
    async waitForRequest(urlStart) {
      for (;;) {
        const found = requests.find(({ url }) => url.startsWith(urlStart));
        if (found) return found;
        await new Promise<void>((resolve) => listeners.add(resolve));
      }
    },
    async stop() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  server.answer('/_matrix/key/v2/server', () => server.publishKeys());
  return server;
}

function findAnswer(answers: ReadonlyMap<string, FakeAnswer>, path: string): FakeAnswer | undefined {
  const below = [...answers].find(([start]) => start.endsWith('/') && path.startsWith(start));
  return answers.get(path) ?? below?.[1];
}

function publishSigningKeys({ serverName, key }: FakeServer, members: JsonObject): JsonObject {
  const published = {
    server_name: serverName,
    verify_keys: { [key.keyId]: { key: encodeBase64(key.publicKey) } },
    old_verify_keys: {},
    valid_until_ts: Date.now() + 24 * 3_600_000,
    ...members,
  };
  return signJson(published, { name: serverName, ...key }, cryptoPrimitives);
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: text === '' ? undefined : (JSON.parse(text) as JsonObject) };
}

async function respond(answer: FakeAnswer | undefined, received: FakeRequest, response: ServerResponse): Promise<void> {
  if (!answer) {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end('{"errcode":"M_UNRECOGNIZED","error":"The fake server knows no such path"}');
    return;
  }
  const body = typeof answer === 'function' ? await answer(response, received) : answer;
  if (body === undefined || response.headersSent) return;
  response.writeHead(response.statusCode, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
