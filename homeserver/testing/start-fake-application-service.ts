import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyJson } from './test-user.ts';

/** What a service was asked. */
export interface ServiceRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly text: string;
  readonly body: AnyJson;
}

/** What a service does with a transaction. */
export type Behaviour = keyof typeof behaviours;

/** A service that does what a test tells it to. */
export interface FakeApplicationService {
  readonly url: string;
  /** All transactions, also those that were not acknowledged. */
  readonly transactions: readonly ServiceRequest[];
  readonly requests: readonly ServiceRequest[];
  /** Of transactions from now on; `well` at first. */
  behaviour: Behaviour;
  /** Answers everything that is no transaction; 404 where it gives undefined. */
  answer: (request: ServiceRequest) => object | undefined | Promise<object | undefined>;
  /** Events of all acknowledged transactions, in order; those of a transaction that came twice once. */
  events(): AnyJson[];
  /** The same for another member of transactions, such as `ephemeral`. */
  all(member: string): AnyJson[];
  /** Resolves with what `find` finds in what has come, or will. */
  waitFor<T>(find: () => T | undefined | false): Promise<T>;
  stop(): Promise<void>;
}

const reply = (status: number, text: string) => (response: ServerResponse) => {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(text);
};

const behaviours = {
  well: reply(200, '{}'),
  /** Any 200 counts, whatever it says. */
  rubbish: reply(200, '\u0000<html>'),
  refuse: reply(500, '{"errcode":"M_UNKNOWN"}'),
  redirect(response: ServerResponse) {
    response.writeHead(302, { Location: '/elsewhere' });
    response.end();
  },
  /** Takes the request and never answers. */
  hang() {},
  /** Answers without end. */
  endless(response: ServerResponse) {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write('{');
  },
  /** Says that more will come than does. */
  short(response: ServerResponse) {
    response.writeHead(200, { 'Content-Length': '1000' });
    response.write('{}', () => response.destroy());
  },
  /** More than anybody wants to read. */
  flood(response: ServerResponse) {
    response.writeHead(200);
    const chunk = Buffer.alloc(65_536, 32);
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    response.on('error', () => {});
    pour();
  },
  /** Closes the connection. */
  drop(response: ServerResponse) {
    response.destroy();
  },
  /** Knows the paths alone that there were before the specification had versions in them. */
  old(response: ServerResponse, { url }: ServiceRequest) {
    if (url.startsWith('/_matrix/app/v1/')) reply(404, '<html>')(response);
    else reply(200, '{}')(response);
  },
  /** Speaks something else. */
  babble(response: ServerResponse) {
    response.socket?.end('220 mail.example ESMTP\r\n');
  },
} as const satisfies Record<string, (response: ServerResponse, request: ServiceRequest) => void>;

/** Which behaviours acknowledge a transaction. */
const acknowledging: readonly Behaviour[] = ['well', 'rubbish'];

/** Starts a service on 127.0.0.1. */
export async function startFakeApplicationService(port = 0): Promise<FakeApplicationService> {
  const requests: ServiceRequest[] = [];
  const transactions: ServiceRequest[] = [];
  const acknowledged = new Map<string, AnyJson>();
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listen of listeners) listen();
  };
  const listener = createServer((incoming, response) => {
    void readRequest(incoming).then(async (request) => {
      requests.push(request);
      const number = /^(?:\/_matrix\/app\/v1)?\/transactions\/([^?]+)/.exec(request.url)?.[1];
      if (number === undefined) {
        const answer = await service.answer(request);
        reply(answer ? 200 : 404, JSON.stringify(answer ?? { errcode: 'M_NOT_FOUND' }))(response);
      } else {
        transactions.push(request);
        const { behaviour } = service;
        const takes =
          acknowledging.includes(behaviour) || (behaviour === 'old' && !request.url.startsWith('/_matrix/'));
        if (takes && !acknowledged.has(number)) acknowledged.set(number, request.body);
        behaviours[behaviour](response, request);
      }
      tell();
    });
  });
  listener.on('clientError', (_error, socket) => socket.destroy());
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  // A test that fails before it stops this must not go on for ever.
  listener.unref();
  const all = (member: string) => [...acknowledged.values()].flatMap((body) => body[member] ?? []);
  const service: FakeApplicationService = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    ...{ transactions, requests, behaviour: 'well', answer: () => undefined },
    ...{ all, events: () => all('events') },
    async waitFor(find) {
      for (;;) {
        const found = find();
        if (found !== undefined && found !== false) return found;
        await new Promise<void>((resolve) => listeners.add(resolve));
      }
    },
    async stop() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return service;
}

async function readRequest(incoming: IncomingMessage): Promise<ServiceRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { method = '', url = '' } = incoming;
  const { authorization } = incoming.headers;
  return { method, url, authorization, text, body: text === '' ? undefined : JSON.parse(text) };
}
