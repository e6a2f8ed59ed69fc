import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../events/pdu.ts';
import { defaultPushRules } from './default-push-rules.ts';
import { compilePushRules, evaluatePushRules } from './evaluate-push-rules.ts';
import { type PushContext, type PushEvent, preparePushEvent } from './push-event.ts';
import { type PushCondition, type PushRule, type PushRuleset, pushRuleKinds } from './push-rule.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const group: PushContext = { memberCount: 10, senderPowerLevel: 0, notificationLevels: undefined };

function event(type: string, content: JsonObject, stateKey?: string): PushEvent {
  const base = { type, content, room_id: '!room:example.org', sender: bob };
  return stateKey === undefined ? base : { ...base, state_key: stateKey };
}

const message = (body: string, more: JsonObject = {}) => event('m.room.message', { msgtype: 'm.text', body, ...more });

function ask(ruleset: PushRuleset, asked: PushEvent, context: PushContext = group) {
  const { notify, highlight, sound, ruleId } = evaluatePushRules(
    compilePushRules(ruleset),
    preparePushEvent(asked),
    context,
  );
  return { notify, highlight, sound, ruleId };
}

const silent = (ruleId: string | undefined) => ({ notify: false, highlight: false, sound: undefined, ruleId });
const noisy = (ruleId: string, sound?: string) => ({ notify: true, highlight: false, sound, ruleId });
const bright = (ruleId: string, sound?: string) => ({ notify: true, highlight: true, sound, ruleId });

const oneToOne = { ...group, memberCount: 2 };
const moderator = { ...group, senderPowerLevel: 50 };
const mentionsAlice = { 'm.mentions': { user_ids: [alice] } };
const mentionsRoom = { 'm.mentions': { room: true } };

const predefinedStories: readonly (readonly [string, PushEvent, PushContext, ReturnType<typeof ask>])[] = [
  ['a message in a group notifies', message('hi'), group, noisy('.m.rule.message')],
  ['a message between two sounds', message('hi'), oneToOne, noisy('.m.rule.room_one_to_one', 'default')],
  ['an encrypted message in a group notifies', event('m.room.encrypted', {}), group, noisy('.m.rule.encrypted')],
  [
    'an encrypted message between two sounds',
    event('m.room.encrypted', {}),
    oneToOne,
    noisy('.m.rule.encrypted_room_one_to_one', 'default'),
  ],
  ['a call rings', event('m.call.invite', {}), oneToOne, noisy('.m.rule.call', 'ring')],
  [
    'a notice stays quiet',
    event('m.room.message', { msgtype: 'm.notice', body: 'x' }),
    oneToOne,
    silent('.m.rule.suppress_notices'),
  ],
  [
    'a notice that mentions stays quiet',
    event('m.room.message', { msgtype: 'm.notice', ...mentionsAlice }),
    group,
    silent('.m.rule.suppress_notices'),
  ],
  [
    'an invite sounds',
    event('m.room.member', { membership: 'invite' }, alice),
    group,
    noisy('.m.rule.invite_for_me', 'default'),
  ],
  [
    'the invite of somebody else stays quiet',
    event('m.room.member', { membership: 'invite' }, '@carol:example.org'),
    group,
    silent('.m.rule.member_event'),
  ],
  [
    'the own join stays quiet',
    event('m.room.member', { membership: 'join' }, alice),
    group,
    silent('.m.rule.member_event'),
  ],
  ['a mention is highlighted', message('hi', mentionsAlice), group, bright('.m.rule.is_user_mention', 'default')],
  [
    'the mention of somebody else only notifies',
    message('hi', { 'm.mentions': { user_ids: [bob] } }),
    group,
    noisy('.m.rule.message'),
  ],
  [
    'a mention in mentions that are no list only notifies',
    message('hi', { 'm.mentions': { user_ids: alice } }),
    group,
    noisy('.m.rule.message'),
  ],
  ['@room from a moderator is highlighted', message('hi', mentionsRoom), moderator, bright('.m.rule.is_room_mention')],
  ['@room from anybody else only notifies', message('hi', mentionsRoom), group, noisy('.m.rule.message')],
  [
    '@room that is not true only notifies',
    message('hi', { 'm.mentions': { room: 'true' } }),
    moderator,
    noisy('.m.rule.message'),
  ],
  ['the user id in the text is no mention', message(`hi ${alice}`), group, noisy('.m.rule.message')],
  ['an upgrade of the room is highlighted', event('m.room.tombstone', {}, ''), group, bright('.m.rule.tombstone')],
  ['a tombstone that is no state event says nothing', event('m.room.tombstone', {}), group, silent(undefined)],
  ['a reaction stays quiet', event('m.reaction', {}), oneToOne, silent('.m.rule.reaction')],
  ['a server ACL stays quiet', event('m.room.server_acl', {}, ''), group, silent('.m.rule.room.server_acl')],
  [
    'an edit stays quiet',
    message('x', { 'm.relates_to': { rel_type: 'm.replace' } }),
    oneToOne,
    silent('.m.rule.suppress_edits'),
  ],
  [
    'an edit that mentions is highlighted',
    message('x', { 'm.relates_to': { rel_type: 'm.replace' }, ...mentionsAlice }),
    group,
    bright('.m.rule.is_user_mention', 'default'),
  ],
  ['a topic says nothing', event('m.room.topic', { topic: 'x' }, ''), group, silent(undefined)],
];

for (const [story, asked, context, expected] of predefinedStories) {
  test(`predefined push rules: ${story}`, () => {
    assert.deepEqual(ask(defaultPushRules(alice), asked, context), expected);
  });
}

const noRules: PushRuleset = { override: [], content: [], room: [], sender: [], underride: [] };
const rule = (rule_id: string, more: Partial<PushRule> = {}): PushRule => ({
  rule_id,
  default: false,
  enabled: true,
  actions: ['notify'],
  ...more,
});

const disable = (one: PushRule): PushRule => ({ ...one, enabled: false });

function matches(condition: PushCondition, asked: PushEvent, context = group): boolean {
  return ask({ ...noRules, override: [rule('r', { conditions: [condition] })] }, asked, context).notify;
}

const topic = (value: JsonObject['x']) => event('m.room.topic', { topic: value }, '');

const conditionStories: readonly (readonly [string, PushCondition, PushEvent, boolean, PushContext?])[] = [
  [
    'a glob matches whatever the case',
    { kind: 'event_match', key: 'content.topic', pattern: 'lunc?*' },
    topic('Lunch plans'),
    true,
  ],
  [
    'a glob must match the whole value',
    { kind: 'event_match', key: 'content.topic', pattern: 'lunc?*' },
    topic(' lunch'),
    false,
  ],
  [
    'a glob does not match what is no text',
    { kind: 'event_match', key: 'content.topic', pattern: '*' },
    topic(null),
    false,
  ],
  [
    'a glob does not match what is absent',
    { kind: 'event_match', key: 'content.name', pattern: '*' },
    topic('x'),
    false,
  ],
  [
    'a glob over the body matches words in it',
    { kind: 'event_match', key: 'content.body', pattern: 'ex*ple' },
    message('An exciting triple-whammy'),
    true,
  ],
  [
    'a glob over the body does not match within a word',
    { kind: 'event_match', key: 'content.body', pattern: 'cake' },
    message('pancakes'),
    false,
  ],
  [
    'a glob over another body must match the whole',
    { kind: 'event_match', key: 'content.info.body', pattern: 'cake' },
    event('m.x', { info: { body: 'a cake' } }),
    false,
  ],
  [
    'a glob finds a name with dots when they are escaped',
    { kind: 'event_match', key: 'content.m\\.relates_to.rel_type', pattern: 'm.thread' },
    event('m.x', { 'm.relates_to': { rel_type: 'm.thread' } }),
    true,
  ],
  [
    'a glob does not find a name with dots when they are not',
    { kind: 'event_match', key: 'content.m.relates_to.rel_type', pattern: 'm.thread' },
    event('m.x', { 'm.relates_to': { rel_type: 'm.thread' } }),
    false,
  ],
  ['a glob sees the room', { kind: 'event_match', key: 'room_id', pattern: '!room:example.org' }, message('x'), true],
  [
    'a property is exactly a boolean',
    { kind: 'event_property_is', key: 'content.m\\.federate', value: true },
    event('m.x', { 'm.federate': true }),
    true,
  ],
  [
    'a property is not its text',
    { kind: 'event_property_is', key: 'content.m\\.federate', value: true },
    event('m.x', { 'm.federate': 'true' }),
    false,
  ],
  [
    'a property is not what it could be cast to',
    { kind: 'event_property_is', key: 'content.m\\.federate', value: true },
    event('m.x', { 'm.federate': 1 }),
    false,
  ],
  ['a property is null', { kind: 'event_property_is', key: 'content.x', value: null }, event('m.x', { x: null }), true],
  [
    'a property that is absent is not null',
    { kind: 'event_property_is', key: 'content.x', value: null },
    event('m.x', {}),
    false,
  ],
  [
    'a fraction equals nothing',
    { kind: 'event_property_is', key: 'content.x', value: 1.5 },
    event('m.x', { x: 1.5 }),
    false,
  ],
  [
    'a property inherited by every object is absent',
    { kind: 'event_match', key: 'content.constructor.name', pattern: '*' },
    event('m.x', {}),
    false,
  ],
  [
    'a list contains a value',
    { kind: 'event_property_contains', key: 'content.alt_aliases', value: '#a:example.org' },
    event('m.x', { alt_aliases: [{}, '#a:example.org'] }),
    true,
  ],
  [
    'a list does not contain part of a value',
    { kind: 'event_property_contains', key: 'content.alt_aliases', value: ':example.org' },
    event('m.x', { alt_aliases: ['#a:example.org'] }),
    false,
  ],
  [
    'a text contains nothing',
    { kind: 'event_property_contains', key: 'content.alt_aliases', value: 'a' },
    event('m.x', { alt_aliases: 'a' }),
    false,
  ],
  ['at most ten members', { kind: 'room_member_count', is: '<=10' }, message('x'), true],
  ['fewer than ten members', { kind: 'room_member_count', is: '<10' }, message('x'), false],
  ['at least eleven members', { kind: 'room_member_count', is: '>=11' }, message('x'), false],
  ['more than nine members', { kind: 'room_member_count', is: '>9' }, message('x'), true],
  ['exactly ten members', { kind: 'room_member_count', is: '==10' }, message('x'), true],
  ['a number of members that is no number', { kind: 'room_member_count', is: 'ten' }, message('x'), false],
  [
    'a sender of enough power',
    { kind: 'sender_notification_permission', key: 'room' },
    message('x'),
    true,
    { ...moderator, notificationLevels: {} },
  ],
  [
    'a sender of not enough power',
    { kind: 'sender_notification_permission', key: 'room' },
    message('x'),
    false,
    { ...moderator, notificationLevels: { room: 51 } },
  ],
  [
    'a level as text, as old rooms have it',
    { kind: 'sender_notification_permission', key: 'room' },
    message('x'),
    true,
    { ...group, notificationLevels: { room: ' 0' } },
  ],
  [
    'a level that is nonsense counts as the default',
    { kind: 'sender_notification_permission', key: 'room' },
    message('x'),
    false,
    { ...group, notificationLevels: { room: [] } },
  ],
  [
    'a creator may notify whatever the levels say',
    { kind: 'sender_notification_permission', key: 'room' },
    message('x'),
    true,
    { ...group, senderPowerLevel: Number.POSITIVE_INFINITY, notificationLevels: { room: 2 ** 53 - 1 } },
  ],
  [
    'the display name as a word',
    { kind: 'contains_display_name' },
    message('thanks, ALICE.'),
    true,
    { ...group, displayName: 'Alice' },
  ],
  [
    'the display name within a word',
    { kind: 'contains_display_name' },
    message('malice'),
    false,
    { ...group, displayName: 'Alice' },
  ],
  [
    'a display name made of wildcards',
    { kind: 'contains_display_name' },
    message('hello'),
    false,
    { ...group, displayName: '*' },
  ],
  ['an empty display name', { kind: 'contains_display_name' }, message(''), false, { ...group, displayName: '' }],
  ['no display name', { kind: 'contains_display_name' }, message('hello'), false],
  ['a condition nobody knows', { kind: 'org.example.moon', phase: 'full' }, message('x'), false],
  ['a condition without its parameters', { kind: 'event_match', key: 'type' }, message('x'), false],
];

for (const [story, condition, asked, expected, context] of conditionStories) {
  test(`push condition: ${story}: ${expected ? 'matches' : 'does not match'}`, () => {
    assert.equal(matches(condition, asked, context), expected);
  });
}

test('a rule matches only when all of its conditions do', () => {
  const conditions = [
    { kind: 'event_match', key: 'type', pattern: 'm.room.message' },
    { kind: 'room_member_count', is: '2' },
  ];
  const ruleset = { ...noRules, override: [rule('r', { conditions })] };
  assert.equal(ask(ruleset, message('x'), oneToOne).notify, true);
  assert.equal(ask(ruleset, message('x'), group).notify, false);
});

test('kinds are asked in the order override, content, room, sender, underride', () => {
  const ruleset: PushRuleset = {
    override: [rule('override')],
    content: [rule('content', { pattern: 'cake' })],
    room: [rule('!room:example.org')],
    sender: [rule(bob)],
    underride: [rule('underride')],
  };
  const expected = ['override', 'content', '!room:example.org', bob, 'underride', undefined];
  for (const [i, ruleId] of expected.entries()) {
    const disabled = pushRuleKinds.slice(0, i).map((kind) => [kind, ruleset[kind].map(disable)]);
    const asked = { ...ruleset, ...Object.fromEntries(disabled) };
    assert.equal(ask(asked, message('a cake')).ruleId, ruleId);
  }
});

test('room and sender rules are about that room and that sender only', () => {
  const ruleset = { ...noRules, room: [rule('!other:example.org')], sender: [rule('@carol:example.org')] };
  assert.equal(ask(ruleset, message('x')).notify, false);
});

test('tweaks reach push gateways as they were set, a highlight without a value as true', () => {
  const actions = [
    'notify',
    { set_tweak: 'highlight' },
    { set_tweak: 'sound', value: 'bing' },
    { set_tweak: 'org.example.led', value: 3 },
  ];
  const compiled = compilePushRules({ ...noRules, override: [rule('r', { actions })] });
  const verdict = evaluatePushRules(compiled, preparePushEvent(message('x')), group);
  assert.deepEqual({ ...verdict.tweaks }, { highlight: true, sound: 'bing', 'org.example.led': 3 });
  assert.equal(verdict.sound, 'bing');
});

test('a highlight that is set to false, or that comes without notify, is none', () => {
  const highlightOff = rule('r', { actions: ['notify', { set_tweak: 'highlight', value: false }] });
  assert.equal(ask({ ...noRules, override: [highlightOff] }, message('x')).highlight, false);
  const highlightAlone = rule('r', { actions: [{ set_tweak: 'highlight' }] });
  assert.equal(ask({ ...noRules, override: [highlightAlone] }, message('x')).highlight, false);
});

test('historical actions mean nothing', () => {
  assert.equal(
    ask({ ...noRules, override: [rule('r', { actions: ['dont_notify', 'coalesce'] })] }, message('x')).notify,
    false,
  );
});
