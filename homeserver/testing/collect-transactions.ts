import { EventEmitter, once } from 'node:events';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { FakeAnswer, FakeServer } from './start-fake-server.ts';

export interface CollectedTransaction {
  readonly id: string;
  readonly pdus: readonly JsonObject[];
  readonly edus: readonly JsonObject[];
}

export interface CollectedTransactions {
  /** Every one that arrived, also those that were refused. */
  readonly arrived: readonly CollectedTransaction[];
  /** Those that were acknowledged. */
  readonly acknowledged: readonly CollectedTransaction[];
  /** What transactions are answered with from now on; undefined: acknowledged. */
  answerWith(answer: FakeAnswer | undefined): void;
  /** Resolves when the bodies of the acknowledged messages are at least so many; gives them in their order. */
  messages(count: number): Promise<string[]>;
  /** Resolves when so many transactions have arrived. */
  arrivals(count: number): Promise<void>;
}

/** Has a fake server take transactions, and keeps them. */
export function collectTransactions(server: FakeServer): CollectedTransactions {
  const [arrived, acknowledged]: [CollectedTransaction[], CollectedTransaction[]] = [[], []];
  const emitter = new EventEmitter();
  let other: FakeAnswer | undefined;
  server.answer('/_matrix/federation/v1/send/', async (response, request) => {
    const { pdus = [], edus = [] } = request.body as unknown as Partial<CollectedTransaction>;
    const transaction = { id: request.url.split('/').at(-1) ?? '', pdus, edus };
    arrived.push(transaction);
    emitter.emit('transaction');
    if (other) return typeof other === 'function' ? await other(response, request) : other;
    acknowledged.push(transaction);
    emitter.emit('transaction');
    return { pdus: {} };
  });
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await once(emitter, 'transaction');
    }
  };
  return {
    ...{ arrived, acknowledged },
    answerWith: (answer) => {
      other = answer;
    },
    messages: (count) =>
      until(() => {
        const bodies = acknowledged.flatMap(({ pdus }) => pdus.flatMap(messageBody));
        return bodies.length >= count ? bodies : undefined;
      }),
    arrivals: (count) => until(() => (arrived.length >= count ? null : undefined)).then(() => {}),
  };
}

function messageBody({ type, content }: JsonObject): string[] {
  const body = (content as JsonObject)['body'];
  return type === 'm.room.message' && typeof body === 'string' ? [body] : [];
}
