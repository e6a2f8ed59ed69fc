import type { AuthorizationVerdict } from './authorization-verdict.ts';
import { allowed, reject } from './authorization-verdict.ts';
import type { EventAuthority } from './event-authority.ts';
import { levelProperties, type PowerLevels, parsePowerLevels } from './power-levels.ts';
import { roomCreators } from './room-creators.ts';

/**
 * The rule for m.room.power_levels: nobody grants, takes or changes a level above their own, nor another user's level
 * that equals it.
 * https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules (rule 10)
 */
export function authorizePowerLevels(authority: EventAuthority): AuthorizationVerdict {
  const { rules, create, event, powerLevels: current, senderLevel, sender } = authority;
  const next = parsePowerLevels(rules, event);
  // Until room version 9 the specification demands well-formed `users` only. What else is malformed cannot be compared
  // with the sender's level, so it passes nowhere but in a room's first power levels.
  const mustBeWellFormed = rules.integerPowerLevels || current.exists || next.malformedProperty === 'users';
  const ignored = next.malformedProperty === 'notifications' && !rules.checkNotificationLevels;
  if (next.malformedProperty !== undefined && mustBeWellFormed && !ignored) {
    return reject(`${next.malformedProperty} holds something else than power levels`);
  }
  if (rules.privilegedCreators) {
    for (const creator of roomCreators(rules, create)) {
      if (next.users.has(creator)) return reject('users names a creator of the room');
    }
  }
  if (!current.exists) return allowed;
  return (
    findForbiddenLevel(current, next, senderLevel) ??
    findForbiddenEntry('events', current.events, next.events, senderLevel) ??
    (rules.checkNotificationLevels
      ? findForbiddenEntry('notifications', current.notifications, next.notifications, senderLevel)
      : undefined) ??
    findForbiddenUser(current, next, senderLevel, sender) ??
    allowed
  );
}

function findForbiddenLevel(
  current: PowerLevels,
  next: PowerLevels,
  senderLevel: number,
): AuthorizationVerdict | undefined {
  for (const property of levelProperties) {
    const verdict = checkAlteration(property, current.levels.get(property), next.levels.get(property), senderLevel);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function findForbiddenEntry(
  property: string,
  current: ReadonlyMap<string, number>,
  next: ReadonlyMap<string, number>,
  senderLevel: number,
): AuthorizationVerdict | undefined {
  for (const key of alteredKeys(current, next)) {
    const verdict = checkAlteration(`${property}.${key}`, current.get(key), next.get(key), senderLevel);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function findForbiddenUser(
  current: PowerLevels,
  next: PowerLevels,
  senderLevel: number,
  sender: string,
): AuthorizationVerdict | undefined {
  for (const userId of alteredKeys(current.users, next.users)) {
    const before = current.users.get(userId);
    const after = next.users.get(userId);
    if (userId !== sender && before !== undefined && before >= senderLevel) {
      return reject(`${userId} has a power level of ${before}, which is not below the sender's ${senderLevel}`);
    }
    if (after !== undefined && after > senderLevel) {
      return reject(`${userId} would get ${after}, which is above the sender's ${senderLevel}`);
    }
  }
  return undefined;
}

/** The keys that were added, changed or removed. */
function* alteredKeys(current: ReadonlyMap<string, number>, next: ReadonlyMap<string, number>): Generator<string> {
  for (const [key, before] of current) if (next.get(key) !== before) yield key;
  for (const key of next.keys()) if (!current.has(key)) yield key;
}

function checkAlteration(
  name: string,
  before: number | undefined,
  after: number | undefined,
  senderLevel: number,
): AuthorizationVerdict | undefined {
  if (before === after) return undefined;
  if (before !== undefined && before > senderLevel) {
    return reject(`${name} is ${before}, which is above the sender's power level of ${senderLevel}`);
  }
  if (after !== undefined && after > senderLevel) {
    return reject(`${name} would become ${after}, which is above the sender's power level of ${senderLevel}`);
  }
  return undefined;
}
