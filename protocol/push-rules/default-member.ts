import { defaultPushRules } from './default-push-rules.ts';
import { compilePushRules, evaluatePushRules, type PushVerdict } from './evaluate-push-rules.ts';
import { mayNotify } from './may-notify.ts';
import type { PreparedPushEvent, PushContext } from './push-event.ts';
import type { PushRuleset } from './push-rule.ts';

/**
 * Members who changed no push rule all get the same verdict on an event, except those whom it names: the predefined
 * rules know a user only as the target of an invite and as mentioned in `m.mentions`. So one evaluation serves a room
 * of any size, and unread counts of these members follow from counters of the room. There are four kinds of users to tell apart:
 * - the sender: never notified;
 * - the target of an invite, who is no member yet: ask `evaluatePushRules` with that user's own rules;
 * - members in `mentionedUsers`: `evaluateForMentionedMember`;
 * - everybody else: `evaluateForDefaultMember`.
 */
export type MemberVerdict = Pick<PushVerdict, 'notify' | 'highlight'>;

/** What the unmodified predefined rules say to a member whom the event does not name. */
export function evaluateForDefaultMember(event: PreparedPushEvent, context: PushContext): MemberVerdict {
  return evaluatePushRules(rulesForUnnamed, event, context);
}

/** What the unmodified predefined rules say to a member of `mentionedUsers(event)`. */
export function evaluateForMentionedMember(event: PreparedPushEvent, context: PushContext): MemberVerdict {
  return evaluatePushRules(rulesForMentioned, event, context);
}

/** Whom an event mentions. */
export interface Mentions {
  /** As the sender wrote them, without repetition: they need be neither members nor valid user ids. */
  readonly userIds: readonly string[];
  /** The event mentions @room, and its sender has the power to. */
  readonly room: boolean;
}

const nobody: readonly string[] = [];

/**
 * The intentional mentions of an event. The sender, who cannot notify itself, is left out.
 * https://spec.matrix.org/v1.19/client-server-api/#user-and-room-mentions
 */
export function mentionedUsers(event: PreparedPushEvent, context: PushContext): Mentions {
  const { content, sender } = event.event;
  const mentions = Object.hasOwn(content, 'm.mentions') ? content['m.mentions'] : undefined;
  if (typeof mentions !== 'object' || mentions === null || Array.isArray(mentions)) {
    return { userIds: nobody, room: false };
  }
  const listed = Object.hasOwn(mentions, 'user_ids') ? mentions.user_ids : undefined;
  const userIds = Array.isArray(listed)
    ? [...new Set(listed.filter((userId) => typeof userId === 'string' && userId !== sender))]
    : nobody;
  return {
    userIds: userIds as readonly string[],
    room: Object.hasOwn(mentions, 'room') && mentions.room === true && mayNotify(context, 'room'),
  };
}

const inviteRuleId = '.m.rule.invite_for_me';
const mentionRuleId = '.m.rule.is_user_mention';

/** The predefined rules without those that name the user; there is no user id that could stand for "nobody". */
const rulesForUnnamed = compilePushRules(
  withOverride(({ rule_id }) => (rule_id === inviteRuleId || rule_id === mentionRuleId ? 'leave out' : 'keep')),
);

const rulesForMentioned = compilePushRules(
  withOverride(({ rule_id }) => {
    if (rule_id === inviteRuleId) return 'leave out';
    return rule_id === mentionRuleId ? 'always match' : 'keep';
  }),
);

function withOverride(
  decide: (rule: PushRuleset['override'][number]) => 'keep' | 'leave out' | 'always match',
): PushRuleset {
  const rules = defaultPushRules('');
  return {
    ...rules,
    override: rules.override.flatMap((rule) => {
      const decision = decide(rule);
      if (decision === 'leave out') return [];
      return [decision === 'always match' ? { ...rule, conditions: [] } : rule];
    }),
  };
}
