import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import type { EventReference, JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { FakeServer } from './start-fake-server.ts';

interface FakeEvent {
  readonly type?: string;
  readonly sender?: string;
  readonly stateKey?: string;
  readonly roomId?: string;
  readonly content?: JsonObject;
  readonly originServerTs?: number;
  readonly depth?: number;
  readonly prevEvents?: readonly EventReference[];
  readonly authEvents?: readonly EventReference[];
  readonly eventId?: string;
}

/** An event that a fake server makes and signs; a message of one of its users unless said otherwise. */
export function makeFakeEvent(server: FakeServer, rules: RoomVersionRules, event: FakeEvent = {}): BuiltEvent {
  const draft = {
    ...{ type: 'm.room.message', sender: `@user:${server.serverName}`, content: { body: 'hello' }, depth: 1 },
    ...{ roomId: rules.roomIdIsCreateHash ? `!${'A'.repeat(43)}` : `!room:${server.serverName}` },
    ...{ originServerTs: Date.now(), prevEvents: [], authEvents: [], eventId: `$event:${server.serverName}` },
    ...event,
  };
  const built = buildEvent(draft, rules, { name: server.serverName, ...server.key }, cryptoPrimitives);
  if (!built) throw new Error('no such event can be made');
  return built;
}
