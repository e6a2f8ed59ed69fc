import type { FakeServer } from '@holdfast/homeserver/testing/start-fake-server.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { Random } from '../random.ts';

/** What the hostile server says of a room when it is asked. */
export interface Lies {
  readonly random: Random;
  readonly roomId: string;
  /** Its own events, by id. */
  readonly events: ReadonlyMap<string, Pdu>;
  /** Some event that is not what was asked for. */
  forge(): Pdu;
}

const manyIds = 500;
const longestAnswer = 30;

/**
 * Answers for a room: with what was asked for, with something else, with what nobody signed, with nothing. Never with a
 * whole state that could be believed: who has to take the word of one server for the state before an event has it from
 * then on, as the protocol has it.
 */
export function answerWithLies(server: FakeServer, { random, roomId, events, forge }: Lies): void {
  const under = (operation: string) => `/_matrix/federation/v1/${operation}/`;
  const path = (operation: string) => `${under(operation)}${encodeURIComponent(roomId)}`;
  const own = () => [...events.values()];
  const list = (member: string) => () => ({
    [member]: pick(random, [
      () => random.shuffle(own()).slice(0, longestAnswer),
      () => own().slice(-longestAnswer),
      () => [...own().slice(-3), ...own().slice(-3)],
      () => [forge(), null, 'no event', {}],
      () => [],
    ]),
  });
  server.answer(path('get_missing_events'), list('events'));
  server.answer(path('backfill'), list('pdus'));
  server.answer(under('event'), (response, { url }) => {
    const asked = events.get(decodeURIComponent(url.slice(under('event').length)));
    const event = pick(random, [() => asked, () => asked, () => random.pick(own()), forge]);
    if (!event) response.statusCode = 404;
    return event ? { pdus: [event] } : { errcode: 'M_NOT_FOUND', error: 'no such event' };
  });
  const ids = () => Array.from({ length: manyIds }, () => `$${random.integer(1e9)}`);
  server.answer(path('state_ids'), (response) => {
    if (random.chance(0.3)) response.statusCode = 403;
    return pick<JsonObject>(random, [
      () => ({}),
      () => ({ pdu_ids: ids(), auth_chain_ids: ids() }),
      () => ({ pdu_ids: 'none', auth_chain_ids: [1] }),
      () => ({ errcode: 'M_FORBIDDEN', error: 'no' }),
    ]);
  });
  server.answer(path('state'), () =>
    pick<object>(random, [() => ({ pdus: [forge(), {}], auth_chain: [null] }), () => ({}), () => ({ pdus: {} })]),
  );
  server.answer(`${under('event_auth')}${encodeURIComponent(roomId)}/`, list('auth_chain'));
}

function pick<Value>(random: Random, choices: readonly (() => Value)[]): Value {
  return (random.pick(choices) as () => Value)();
}
