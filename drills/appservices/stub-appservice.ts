import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fakeRegistration } from '@holdfast/homeserver/testing/application-service-files.ts';
import type { Observation, SeenEvent } from '../checker/history.ts';
import { messagesIn } from '../load/read-room.ts';

/** What a service does with a transaction: only `well` answers it. */
export type AppserviceBehaviour = 'well' | 'never answers' | 'never ends its body' | 'sends a byte a second';

/** A transaction that was never answered in full, and how long the homeserver waited for it. */
export interface AbandonedTransaction {
  readonly number: string;
  readonly behaviour: AppserviceBehaviour;
  readonly afterMs: number;
}

/** An application service of a drill: it writes down what it was sent and when, and answers or hangs. */
export interface StubAppservice {
  readonly id: string;
  readonly asToken: string;
  /** Of transactions from now on. Those that hang go on hanging. */
  behaviour: AppserviceBehaviour;
  readonly abandoned: readonly AbandonedTransaction[];
  /** Transactions that came while they hung, and have neither been answered nor abandoned. */
  hangingCount(): number;
  /** When each body first came in an acknowledged transaction; times are of performance.now(). */
  readonly firstSeenMs: ReadonlyMap<string, number>;
  /** Transactions that came again with other bytes, or although they had been acknowledged with the next one. */
  readonly repetitionsAtFault: readonly string[];
  /** What has been acknowledged, by room, in the order of its coming: a transaction counts once, as its id says. */
  observe(): Observation[];
  stop(): Promise<void>;
}

interface Transaction {
  readonly number: string;
  readonly text: string;
}

type RoomMessage = Parameters<typeof messagesIn>[0][number] & { readonly room_id: string };

/**
 * Starts one on the loopback interface, and writes its registration, which makes it see the rooms of the users whose ids
 * match `regex`: those of the load's senders unless given.
 */
export async function startStubAppservice(id: string, folder: string, regex = '@sender-.*'): Promise<StubAppservice> {
  const stub = new Stub(id);
  const server = createServer((incoming, response) => void stub.answer(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const namespaces = { users: [{ exclusive: false, regex }], aliases: [], rooms: [] };
  const registration = fakeRegistration(id, { url, as_token: stub.asToken, namespaces });
  await writeFile(join(folder, `${id}.yaml`), JSON.stringify(registration));
  stub.stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return stub;
}

class Stub implements StubAppservice {
  readonly id: string;
  readonly asToken: string;
  behaviour: AppserviceBehaviour = 'well';
  readonly abandoned: AbandonedTransaction[] = [];
  readonly firstSeenMs = new Map<string, number>();
  readonly repetitionsAtFault: string[] = [];
  stop: () => Promise<void> = async () => {};
  readonly #texts = new Map<string, string>();
  readonly #acknowledged = new Set<string>();
  readonly #rooms = new Map<string, SeenEvent[]>();
  #newest: string | undefined;
  #hanging = 0;

  constructor(id: string) {
    this.id = id;
    this.asToken = `as-token-of-${id}`;
  }

  hangingCount(): number {
    return this.#hanging;
  }

  observe(): Observation[] {
    return [...this.#rooms].map(([roomId, events]) => ({
      reader: `service ${this.id}`,
      roomId,
      events,
      complete: true,
    }));
  }

  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const text = await readText(incoming);
      const number = /\/transactions\/([^?]+)/.exec(incoming.url ?? '')?.[1];
      response.writeHead(number === undefined ? 404 : 200, { 'content-type': 'application/json' });
      if (number === undefined) response.end('{"errcode":"M_NOT_FOUND"}');
      else this.#takeTransaction({ number, text }, response);
    } catch {
      // The homeserver went away in the middle: what came does not count.
    }
  }

  #takeTransaction(transaction: Transaction, response: ServerResponse): void {
    const { number, text } = transaction;
    if ((this.#texts.get(number) ?? text) !== text) this.repetitionsAtFault.push(`${number} came with other bytes`);
    this.#texts.set(number, text);
    const { behaviour } = this;
    if (behaviour !== 'well') return this.#hang(transaction, response, behaviour);
    this.#acknowledge(transaction);
    response.end('{}');
  }

  #acknowledge({ number, text }: Transaction): void {
    if (this.#acknowledged.has(number)) {
      // Only the newest may come again: its answer may have been lost.
      if (number !== this.#newest) this.repetitionsAtFault.push(`${number} came again after ${this.#newest}`);
      return;
    }
    this.#acknowledged.add(number);
    this.#newest = number;
    const nowMs = performance.now();
    for (const event of (JSON.parse(text) as { events: RoomMessage[] }).events) {
      const seen = this.#rooms.get(event.room_id) ?? [];
      this.#rooms.set(event.room_id, seen);
      for (const message of messagesIn([event])) {
        seen.push(message);
        if (!this.firstSeenMs.has(message.body)) this.firstSeenMs.set(message.body, nowMs);
      }
    }
  }

  #hang({ number }: Transaction, response: ServerResponse, behaviour: AppserviceBehaviour): void {
    const startMs = performance.now();
    this.#hanging++;
    const trickle = behaviour === 'sends a byte a second' ? setInterval(() => response.write(' '), 1_000) : undefined;
    if (behaviour === 'never ends its body') response.write('{');
    response.on('error', () => {});
    response.once('close', () => {
      clearInterval(trickle);
      this.#hanging--;
      this.abandoned.push({ number, behaviour, afterMs: performance.now() - startMs });
    });
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
