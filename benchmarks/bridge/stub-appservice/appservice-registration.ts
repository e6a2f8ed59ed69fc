import { randomBytes } from 'node:crypto';

/** Who a stub service is for a homeserver. */
export interface ServiceRegistration {
  readonly id: string;
  readonly url: string;
  readonly asToken: string;
  readonly hsToken: string;
  /** Of its one user, who is in the rooms that it is told of. */
  readonly localpart: string;
}

export function makeRegistration(id: string, url: string): ServiceRegistration {
  const token = () => randomBytes(24).toString('hex');
  return { id, url, asToken: token(), hsToken: token(), localpart: `${id}_user` };
}

/** The registration's file (JSON is YAML). https://spec.matrix.org/v1.19/application-service-api/#registration */
export function registrationFile({ id, url, asToken, hsToken, localpart }: ServiceRegistration): string {
  return JSON.stringify({
    ...{ id, url, as_token: asToken, hs_token: hsToken, sender_localpart: `${id}_bot`, rate_limited: false },
    namespaces: { users: [{ exclusive: true, regex: `@${localpart}:.*` }], rooms: [], aliases: [] },
  });
}
