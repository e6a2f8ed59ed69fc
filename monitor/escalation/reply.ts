import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AcknowledgeClaim } from './acknowledge-link.ts';
import type { Escalation } from './escalate.ts';

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const codeLength = 10;
const pattern = new RegExp(`HF-([${letters}]{${codeLength}})`);
const yes = /^\W*(ok|okay|yes|ja|oui|ack|acknowledged?|taken|mine|i take it)\b/i;

/**
 * Stands in a page, and whoever sends it back takes that incident as that person: `HF-` and 50 bits that nobody guesses
 * without the secret.
 */
export function formatReplyCode(secret: string, { incident, person }: AcknowledgeClaim): string {
  const mac = createHmac('sha256', secret).update(`reply\n${incident}\n${person}`).digest();
  return `HF-${[...mac.subarray(0, codeLength)].map((byte) => letters[byte % letters.length]).join('')}`;
}

/** Whose code stands in a text, of the incidents that are open and those who were told of them. */
export function findReplyCode(
  secret: string,
  text: string,
  escalations: readonly Escalation[],
): AcknowledgeClaim | undefined {
  const [given] = pattern.exec(text.toUpperCase()) ?? [];
  if (given === undefined) return undefined;
  for (const { incident, told } of escalations) {
    const person = told.find((each) => isSame(given, formatReplyCode(secret, { incident, person: each })));
    if (person !== undefined) return { incident, person };
  }
  return undefined;
}

/** Whether somebody says yes, in the words that come to mind when one is woken. */
export function isYes(text: string): boolean {
  return yes.test(text.slice(0, 200));
}

/** What a person who answers without a code can mean: all that this person was told of and nobody has taken. */
export function listUnanswered(escalations: readonly Escalation[], person: string): string[] {
  return escalations
    .filter(({ told, acknowledgement }) => told.includes(person) && !acknowledgement)
    .map(({ incident }) => incident);
}

/** Compares two texts in a time that says nothing of them. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
