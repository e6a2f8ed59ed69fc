import { referencedEventId } from '../events/pdu.ts';
import { isUserId } from '../identifiers/user-id.ts';
import { joinRuleOf, membershipOf } from './auth-state.ts';
import { type AuthorizationVerdict, allowed, reject } from './authorization-verdict.ts';
import { authorizeThirdPartyInvite } from './authorize-third-party-invite.ts';
import { type EventAuthority, levelOf } from './event-authority.ts';
import { roomCreators } from './room-creators.ts';

/**
 * The rule for m.room.member.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules (rule 5)
 *
 * That an event with `join_authorised_via_users_server` is signed by that user's server is no question of state: it
 * belongs to the signatures that are checked on receipt, see `requiredSignatures`.
 */
export function authorizeMember(authority: EventAuthority): AuthorizationVerdict {
  const { pdu } = authority.event;
  const target = pdu.state_key;
  if (target === undefined) return reject('The membership event has no state key');
  if (!isUserId(target)) return reject('The state key of the membership event is no user id');
  switch (pdu.content['membership']) {
    case 'join':
      return authorizeJoin(authority, target);
    case 'invite':
      return authorizeInvite(authority, target);
    case 'leave':
      return authorizeLeave(authority, target);
    case 'ban':
      return authorizeBan(authority, target);
    case 'knock':
      return authority.rules.knocking ? authorizeKnock(authority, target) : reject('This room version has no knocking');
    default:
      return reject('The membership is unknown');
  }
}

function authorizeJoin(authority: EventAuthority, target: string): AuthorizationVerdict {
  const { rules, state, sender } = authority;
  if (isFirstJoinOfCreator(authority, target)) return allowed;
  if (sender !== target) return reject('Nobody can join for another user');
  const membership = membershipOf(state, target);
  if (membership === 'ban') return reject(`${target} is banned`);
  const isMemberOrInvited = membership === 'join' || membership === 'invite';
  const joinRule = joinRuleOf(state);
  if (joinRule === 'public') return allowed;
  if (joinRule === 'invite' || (joinRule === 'knock' && rules.knocking)) {
    return isMemberOrInvited ? allowed : reject(`${target} is not invited`);
  }
  if (
    (joinRule === 'restricted' && rules.restrictedJoins) ||
    (joinRule === 'knock_restricted' && rules.knockRestricted)
  ) {
    return isMemberOrInvited ? allowed : authorizeRestrictedJoin(authority);
  }
  return reject(`The join rule ${joinRule} lets nobody join`);
}

/** The first event after the create event needs no join rule. The creator of version 12 is the sender here, too. */
function isFirstJoinOfCreator({ rules, event, create }: EventAuthority, target: string): boolean {
  const [only, ...others] = event.pdu.prev_events;
  if (only === undefined || others.length > 0 || referencedEventId(only) !== create.eventId) return false;
  return rules.implicitCreator ? target === create.pdu.sender : roomCreators(rules, create).has(target);
}

function authorizeRestrictedJoin(authority: EventAuthority): AuthorizationVerdict {
  const authorisingUser = authority.event.pdu.content['join_authorised_via_users_server'];
  if (typeof authorisingUser !== 'string') return reject('No member authorises the restricted join');
  if (membershipOf(authority.state, authorisingUser) !== 'join') {
    return reject(`${authorisingUser}, who authorises the join, is not in the room`);
  }
  if (levelOf(authority, authorisingUser) < authority.powerLevels.invite) {
    return reject(`${authorisingUser}, who authorises the join, may not invite`);
  }
  return allowed;
}

function authorizeInvite(authority: EventAuthority, target: string): AuthorizationVerdict {
  const { event, state, sender, senderLevel, powerLevels } = authority;
  if (event.pdu.content['third_party_invite'] !== undefined) return authorizeThirdPartyInvite(authority, target);
  if (membershipOf(state, sender) !== 'join') return reject(`${sender} is not in the room`);
  const membership = membershipOf(state, target);
  if (membership === 'join' || membership === 'ban') return reject(`${target} has the membership ${membership}`);
  return senderLevel >= powerLevels.invite ? allowed : reject(`${sender} may not invite`);
}

function authorizeLeave(authority: EventAuthority, target: string): AuthorizationVerdict {
  const { state, sender, senderLevel, powerLevels } = authority;
  const membership = membershipOf(state, target);
  if (sender === target) {
    const mayLeave = membership === 'join' || membership === 'invite' || membership === 'knock';
    return mayLeave ? allowed : reject(`${sender} is not in the room`);
  }
  if (membershipOf(state, sender) !== 'join') return reject(`${sender} is not in the room`);
  if (membership === 'ban' && senderLevel < powerLevels.ban) return reject(`${sender} may not unban`);
  if (senderLevel < powerLevels.kick) return reject(`${sender} may not kick`);
  return senderLevel > levelOf(authority, target) ? allowed : reject(`${sender} does not stand above ${target}`);
}

function authorizeBan(authority: EventAuthority, target: string): AuthorizationVerdict {
  const { state, sender, senderLevel, powerLevels } = authority;
  if (membershipOf(state, sender) !== 'join') return reject(`${sender} is not in the room`);
  if (senderLevel < powerLevels.ban) return reject(`${sender} may not ban`);
  return senderLevel > levelOf(authority, target) ? allowed : reject(`${sender} does not stand above ${target}`);
}

function authorizeKnock({ rules, state, sender }: EventAuthority, target: string): AuthorizationVerdict {
  const joinRule = joinRuleOf(state);
  if (joinRule !== 'knock' && !(joinRule === 'knock_restricted' && rules.knockRestricted)) {
    return reject(`The join rule ${joinRule} lets nobody knock`);
  }
  if (sender !== target) return reject('Nobody can knock for another user');
  const membership = membershipOf(state, target);
  const isElsewhere = membership !== 'ban' && membership !== 'invite' && membership !== 'join';
  return isElsewhere ? allowed : reject(`${target} has the membership ${membership}`);
}
