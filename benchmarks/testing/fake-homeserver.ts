import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a message is made of here. */
export interface FakeEvent {
  readonly event_id: string;
  readonly content: { readonly body: string };
}

/** A fault that the load generator must notice. */
export interface FakeFaults {
  /** False: the event is acknowledged and then forgotten. */
  keeps?(text: string): boolean;
  /** How often an event is put into a /sync reply. */
  deliveries?(text: string): number;
  /** The status of a reply to a send. */
  sendStatus?(text: string): number;
}

/** The few client API calls that the load generator needs, over one room, in memory: for the generator's own tests. */
export interface FakeHomeserver {
  readonly baseUrl: string;
  readonly events: readonly FakeEvent[];
  close(): Promise<void>;
}

const timelineLimit = 5;

export async function startFakeHomeserver(faults: FakeFaults = {}): Promise<FakeHomeserver> {
  const events: FakeEvent[] = [];
  const waiting = new Set<() => void>();
  let acknowledged = 0;

  function send(body: string, response: ServerResponse): void {
    const content = JSON.parse(body) as FakeEvent['content'];
    const status = faults.sendStatus?.(content.body) ?? 200;
    if (status !== 200) return reply(response, { errcode: 'M_UNKNOWN' }, status);
    acknowledged += 1;
    const event = { event_id: `$${acknowledged}`, content };
    if (faults.keeps?.(content.body) ?? true) events.push(event);
    reply(response, { event_id: event.event_id });
    for (const wake of waiting) wake();
  }

  function sync(url: URL, response: ServerResponse): void {
    const since = Number(url.searchParams.get('since') ?? events.length);
    const answer = () => {
      waiting.delete(answer);
      const fresh = events.slice(since);
      const limited = fresh.length > timelineLimit;
      const shown = fresh.slice(-timelineLimit).flatMap(repeat);
      const timeline = {
        events: shown,
        limited,
        prev_batch: String(events.length - Math.min(fresh.length, timelineLimit)),
      };
      reply(response, { next_batch: String(events.length), rooms: { join: { '!room': { timeline } } } });
    };
    if (events.length > since || url.searchParams.get('timeout') === '0') return answer();
    waiting.add(answer);
    response.once('close', () => waiting.delete(answer));
  }

  function repeat(event: FakeEvent): FakeEvent[] {
    return new Array<FakeEvent>(faults.deliveries?.(event.content.body) ?? 1).fill(event);
  }

  /** Backwards only, two events a page. */
  function messages(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('from') ?? events.length);
    const start = Math.max(from - 2, Number(url.searchParams.get('to') ?? 0));
    const chunk = events.slice(start, from).toReversed();
    reply(response, { chunk, ...(chunk.length === 0 ? {} : { end: String(start) }) });
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://fake');
    if (url.pathname.includes('/send/')) return readBody(request, (body) => send(body, response));
    if (url.pathname.endsWith('/filter')) return reply(response, { filter_id: '1' });
    if (url.pathname.endsWith('/sync')) return sync(url, response);
    if (url.pathname.endsWith('/messages')) return messages(url, response);
    return reply(response, { errcode: 'M_UNRECOGNIZED' }, 404);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => done(body));
}

function reply(response: ServerResponse, body: object, status = 200): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
