import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the link in a page says: who takes which incident. */
export interface AcknowledgeClaim {
  readonly incident: string;
  readonly person: string;
}

/**
 * The part of the link after `/acknowledge/`. Whoever has it can acknowledge this incident as this person, and nothing
 * else.
 */
export function formatAcknowledgeToken(secret: string, { incident, person }: AcknowledgeClaim): string {
  return [incident, person, sign(secret, incident, person)].map(encodeURIComponent).join('/');
}

/** The claim of a token that was made with this secret; else undefined. */
export function readAcknowledgeToken(secret: string, token: string): AcknowledgeClaim | undefined {
  const parts = token.split('/');
  if (parts.length !== 3 || token.length > 500) return undefined;
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [incident = '', person = '', mac = ''] = decoded;
  const [given, right] = [Buffer.from(mac), Buffer.from(sign(secret, incident, person))];
  return given.length === right.length && timingSafeEqual(given, right) ? { incident, person } : undefined;
}

function sign(secret: string, incident: string, person: string): string {
  // Neither an incident's name nor a person's has a line break.
  const mac = createHmac('sha256', secret).update(`acknowledge\n${incident}\n${person}`);
  return mac.digest('base64url').slice(0, 24);
}
