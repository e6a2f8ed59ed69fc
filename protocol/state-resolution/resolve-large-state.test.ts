import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IdentifiedPdu, JsonObject, Pdu } from '../events/pdu.ts';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import type { ResolutionInput } from './resolution-input.ts';
import { resolveState, resolveStateInSlices } from './resolve-state.ts';
import { type StateMap, stateTuple, stateTupleOf } from './state-map.ts';

const chainLength = 3_000;
const memberCount = 3_000;

interface LargeRoom {
  readonly input: ResolutionInput;
  readonly lastLevels: string;
  readonly reads: { count: number };
}

/**
 * Two branches: one with a chain of power changes, each allowed by the one before it, the other with thousands of
 * joins and as many other state events. All of it is conflicted.
 */
function makeLargeRoom(version: string): LargeRoom {
  const rules = roomVersionRules(version) as RoomVersionRules;
  const events = new Map<string, IdentifiedPdu>();
  const add = (
    eventId: string,
    type: string,
    sender: string,
    stateKey: string,
    content: JsonObject,
    auth: string[],
  ) => {
    const pdu: Pdu = {
      type,
      sender,
      state_key: stateKey,
      content,
      origin_server_ts: events.size,
      depth: events.size,
      prev_events: [],
      auth_events: rules.roomIdIsCreateHash ? auth.filter((id) => id !== '$create') : auth,
    };
    events.set(eventId, { eventId, roomId: '!create', pdu });
    return eventId;
  };
  const alice = '@alice:a.example';
  add('$create', 'm.room.create', alice, '', { creator: alice }, []);
  add('$alice', 'm.room.member', alice, alice, { membership: 'join' }, ['$create']);
  const users = rules.privilegedCreators ? {} : { [alice]: 100 };
  let levels = add('$levels', 'm.room.power_levels', alice, '', { users }, ['$create', '$alice']);
  add('$rule', 'm.room.join_rules', alice, '', { join_rule: 'public' }, ['$create', '$alice', levels]);
  const common = ['$create', '$alice', '$rule'];
  const joined = [...common, levels];
  for (let index = 0; index < memberCount; index++) {
    const user = `@user${index}:b.example`;
    const auth = ['$create', '$levels', '$rule'];
    joined.push(add(`$join${index}`, 'm.room.member', user, user, { membership: 'join' }, auth));
    joined.push(add(`$state${index}`, 'org.example.state', alice, `${index}`, {}, ['$create', '$levels', '$alice']));
  }
  for (let index = 0; index < chainLength; index++) {
    const content = { users: { ...users, '@bob:b.example': index % 50 } };
    levels = add(`$levels${index}`, 'm.room.power_levels', alice, '', content, ['$create', levels, '$alice']);
  }
  const stateOf = (eventIds: string[]): StateMap => {
    return new Map(eventIds.map((eventId) => [stateTupleOf(events.get(eventId)?.pdu as Pdu) ?? '', eventId]));
  };
  const reads = { count: 0 };
  const getEvent = (eventId: string): IdentifiedPdu | undefined => {
    reads.count += 1;
    return events.get(eventId);
  };
  const stateSets = [stateOf(joined), stateOf([...common, levels])];
  return { input: { rules, stateSets, getEvent, verifySignature: () => false }, lastLevels: levels, reads };
}

for (const version of ['11', '12']) {
  test(`version ${version} resolves thousands of conflicted events and a chain of thousands of power changes`, () => {
    const { input, lastLevels } = makeLargeRoom(version);
    const resolved = resolveState(input);
    assert.equal(resolved.size, 4 + 2 * memberCount);
    assert.equal(resolved.get(stateTuple('m.room.power_levels', '')), lastLevels);
    assert.equal(
      resolved.get(stateTuple('m.room.member', `@user${memberCount - 1}:b.example`)),
      `$join${memberCount - 1}`,
    );
  });

  test(`version ${version} pauses after a bounded number of events, whatever it is at`, () => {
    const { input, reads } = makeLargeRoom(version);
    const slices = resolveStateInSlices({ ...input, stepsPerSlice: 1_000 });
    let mostReads = 0;
    let sliceCount = 0;
    for (let isDone: boolean | undefined = false; !isDone; sliceCount++) {
      reads.count = 0;
      isDone = slices.next().done;
      mostReads = Math.max(mostReads, reads.count);
    }
    assert.ok(sliceCount > 100, `${sliceCount} slices`);
    assert.ok(mostReads <= 1_500, `${mostReads} events read in one slice`);
  });
}

test('an event that is needed and not loaded is named', () => {
  const { input } = makeLargeRoom('11');
  const getEvent = (eventId: string) => (eventId === '$levels7' ? undefined : input.getEvent(eventId));
  assert.throws(() => resolveState({ ...input, getEvent }), /needs the event \$levels7/);
});
