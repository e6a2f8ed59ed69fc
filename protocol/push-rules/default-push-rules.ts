import type { PushAction, PushCondition, PushRule, PushRuleset, TweakValue } from './push-rule.ts';

/** Turns all notifications off when enabled; the one predefined rule that stands above a user's own rules. */
export const masterRuleId = '.m.rule.master';

/**
 * The predefined rules of a user who changed none, each kind with the most important rule first.
 * https://spec.matrix.org/v1.19/client-server-api/#predefined-rules
 */
export function defaultPushRules(userId: string): PushRuleset {
  return { override: overrideRules(userId), content: [], room: [], sender: [], underride: underrideRules };
}

function overrideRules(userId: string): readonly PushRule[] {
  return [
    { ...predefined(masterRuleId, [], []), enabled: false },
    predefined('.m.rule.suppress_notices', [eventMatch('content.msgtype', 'm.notice')], []),
    predefined(
      '.m.rule.invite_for_me',
      [
        eventMatch('type', 'm.room.member'),
        eventMatch('content.membership', 'invite'),
        eventMatch('state_key', userId),
      ],
      ['notify', tweak('sound', 'default')],
    ),
    predefined('.m.rule.member_event', [eventMatch('type', 'm.room.member')], []),
    predefined(
      '.m.rule.is_user_mention',
      [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: userId }],
      ['notify', tweak('sound', 'default'), tweak('highlight')],
    ),
    predefined(
      '.m.rule.is_room_mention',
      [
        { kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true },
        { kind: 'sender_notification_permission', key: 'room' },
      ],
      ['notify', tweak('highlight')],
    ),
    predefined(
      '.m.rule.tombstone',
      [eventMatch('type', 'm.room.tombstone'), eventMatch('state_key', '')],
      ['notify', tweak('highlight')],
    ),
    predefined('.m.rule.reaction', [eventMatch('type', 'm.reaction')], []),
    predefined('.m.rule.room.server_acl', [eventMatch('type', 'm.room.server_acl'), eventMatch('state_key', '')], []),
    predefined(
      '.m.rule.suppress_edits',
      [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
      [],
    ),
  ];
}

const underrideRules: readonly PushRule[] = [
  predefined('.m.rule.call', [eventMatch('type', 'm.call.invite')], ['notify', tweak('sound', 'ring')]),
  predefined(
    '.m.rule.encrypted_room_one_to_one',
    [{ kind: 'room_member_count', is: '2' }, eventMatch('type', 'm.room.encrypted')],
    ['notify', tweak('sound', 'default')],
  ),
  predefined(
    '.m.rule.room_one_to_one',
    [{ kind: 'room_member_count', is: '2' }, eventMatch('type', 'm.room.message')],
    ['notify', tweak('sound', 'default')],
  ),
  predefined('.m.rule.message', [eventMatch('type', 'm.room.message')], ['notify']),
  predefined('.m.rule.encrypted', [eventMatch('type', 'm.room.encrypted')], ['notify']),
];

function predefined(ruleId: string, conditions: readonly PushCondition[], actions: readonly PushAction[]): PushRule {
  return { rule_id: ruleId, default: true, enabled: true, conditions, actions };
}

function eventMatch(key: string, pattern: string): PushCondition {
  return { kind: 'event_match', key, pattern };
}

function tweak(name: string, value?: TweakValue): PushAction {
  return value === undefined ? { set_tweak: name } : { set_tweak: name, value };
}
