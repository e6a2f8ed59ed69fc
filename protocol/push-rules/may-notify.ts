import type { JsonValue } from '../events/pdu.ts';
import type { PushContext } from './push-event.ts';

/** What `notifications.room` defaults to; the specification names no default for other keys, so they share it. */
const defaultLevel = 50;

/**
 * Whether the sender's power level suffices for a kind of notification such as `room` (an @room mention).
 * https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels
 */
export function mayNotify(context: PushContext, key: string): boolean {
  return context.senderPowerLevel >= requiredLevel(context.notificationLevels, key);
}

function requiredLevel(levels: JsonValue | undefined, key: string): number {
  if (typeof levels !== 'object' || levels === null || Array.isArray(levels) || !Object.hasOwn(levels, key)) {
    return defaultLevel;
  }
  const level = levels[key];
  if (Number.isSafeInteger(level)) return level as number;
  // Room versions 1 to 9 allow levels as strings.
  return typeof level === 'string' && /^\s*[+-]?[0-9]{1,15}\s*$/.test(level) ? Number(level) : defaultLevel;
}
