import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../events/pdu.ts';
import { evaluateForDefaultMember, evaluateForMentionedMember, mentionedUsers } from './default-member.ts';
import { defaultPushRules } from './default-push-rules.ts';
import { compilePushRules, evaluatePushRules } from './evaluate-push-rules.ts';
import { type PushContext, preparePushEvent } from './push-event.ts';

const sender = '@sender:example.org';
const names = [sender, '@alice:example.org', '@bob:example.org', '@carol:example.org', '', '@*:example.org'];
const name = fc.constantFrom(...names);
const types = [
  'm.room.message',
  'm.room.encrypted',
  'm.room.member',
  'm.room.tombstone',
  'm.reaction',
  'm.call.invite',
];

const contents: fc.Arbitrary<JsonObject> = fc.record(
  {
    msgtype: fc.constantFrom('m.text', 'm.notice'),
    membership: fc.constantFrom('invite', 'join'),
    'm.relates_to': fc.constantFrom<JsonObject[]>({ rel_type: 'm.replace' }, { rel_type: 'm.thread' }),
    'm.mentions': fc.oneof(
      fc.constantFrom<JsonObject['x'][]>(null, [], 'x', 5),
      fc.record(
        {
          user_ids: fc.oneof(fc.array(fc.oneof(name, fc.constantFrom<JsonObject['x'][]>(1, null, {}))), name),
          room: fc.constantFrom<JsonObject['x'][]>(true, false, 'true', 1),
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

const events = fc
  .record({ type: fc.constantFrom(...types), content: contents, stateKey: fc.option(name, { nil: undefined }) })
  .map(({ type, content, stateKey }) => ({ type, content, state_key: stateKey, room_id: '!r:example.org', sender }));

const contexts: fc.Arbitrary<PushContext> = fc.record({
  memberCount: fc.integer({ min: 1, max: 4 }),
  senderPowerLevel: fc.constantFrom(0, 50, 100),
  notificationLevels: fc.constantFrom<(JsonObject | undefined)[]>(undefined, { room: 0 }, { room: 100 }),
});

test('one evaluation for all default members says what each of their rulesets would have said', () => {
  const members = names
    .filter((one) => one !== sender && one !== '')
    .map((userId) => ({ userId, rules: compilePushRules(defaultPushRules(userId)) }));
  fc.assert(
    fc.property(events, contexts, (event, context) => {
      const prepared = preparePushEvent(event);
      const mentioned = new Set(mentionedUsers(prepared, context).userIds);
      for (const { userId, rules } of members) {
        const isInvited = event.type === 'm.room.member' && event.content.membership === 'invite';
        if (isInvited) continue;
        const own = evaluatePushRules(rules, prepared, context);
        const shared = mentioned.has(userId)
          ? evaluateForMentionedMember(prepared, context)
          : evaluateForDefaultMember(prepared, context);
        assert.deepEqual([shared.notify, shared.highlight], [own.notify, own.highlight], userId);
      }
    }),
    { numRuns: 3000 },
  );
});

const group: PushContext = { memberCount: 9, senderPowerLevel: 0, notificationLevels: undefined };
const mentioning = (mentions: JsonObject['x']) =>
  preparePushEvent({ type: 'm.room.message', room_id: '!r:example.org', sender, content: { 'm.mentions': mentions } });

test('users who are mentioned twice count once, and the sender not at all', () => {
  const event = mentioning({ user_ids: ['@a:x', sender, '@a:x', 5, '@b:x'] });
  assert.deepEqual(mentionedUsers(event, group), { userIds: ['@a:x', '@b:x'], room: false });
});

test('@room counts only with the power to notify', () => {
  const event = mentioning({ room: true });
  assert.equal(mentionedUsers(event, group).room, false);
  assert.equal(mentionedUsers(event, { ...group, senderPowerLevel: 50 }).room, true);
});

test('mentions that are no mentions mention nobody', () => {
  for (const mentions of [undefined, null, 'x', [], { user_ids: '@a:x' }, { user_ids: { 0: '@a:x' } }]) {
    assert.deepEqual(mentionedUsers(mentioning(mentions), group), { userIds: [], room: false });
  }
});

test('the invite of a user highlights nothing for the members', () => {
  const event = preparePushEvent({
    type: 'm.room.member',
    room_id: '!r:example.org',
    sender,
    state_key: '',
    content: { membership: 'invite' },
  });
  const { notify, highlight } = evaluateForDefaultMember(event, group);
  assert.deepEqual({ notify, highlight }, { notify: false, highlight: false });
});
