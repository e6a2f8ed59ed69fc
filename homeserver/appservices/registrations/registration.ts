import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';

/** Which ids of one kind a service is interested in. */
export interface Namespace {
  /** Nobody else may have these. */
  readonly exclusive: boolean;
  readonly regex: string;
}

export const namespaceKinds = ['users', 'aliases', 'rooms'] as const;
export type NamespaceKind = (typeof namespaceKinds)[number];

/**
 * What an application service says of itself in its registration file.
 * https://spec.matrix.org/v1.19/application-service-api/#registration
 */
export interface Registration {
  readonly id: string;
  /** Without a slash at the end; null: it wants nothing sent. */
  readonly url: string | null;
  readonly asToken: string;
  readonly hsToken: string;
  readonly senderLocalpart: string;
  readonly namespaces: Readonly<Record<NamespaceKind, readonly Namespace[]>>;
  readonly isRateLimited: boolean;
  readonly protocols: readonly string[];
  /** Typing, receipts, presence, and messages to its users' devices. */
  readonly receivesEphemeral: boolean;
  /** Changed device lists and what is left of its users' keys (MSC3202). */
  readonly receivesDeviceLists: boolean;
}

const namespaceList = {
  type: ['array', 'null'],
  maxItems: 1_000,
  items: {
    type: 'object',
    properties: {
      exclusive: { type: ['boolean', 'null'] },
      regex: { type: 'string', minLength: 1, maxLength: 10_000 },
      group_id: { type: ['string', 'null'] },
    },
    required: ['regex'],
  },
};

/** The file as bridges generate it, with all the names that settings have had. What is not named here is passed over. */
export const registrationSchema = {
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[^\\u0000]*$' },
    url: { type: ['string', 'null'], maxLength: 2_000 },
    as_token: { type: 'string', minLength: 1, maxLength: 2_000, pattern: '^\\S+$' },
    hs_token: { type: 'string', minLength: 1, maxLength: 2_000, pattern: '^[\\u0021-\\u007e]+$' },
    sender_localpart: { type: 'string', minLength: 1, maxLength: 255 },
    namespaces: {
      type: ['object', 'null'],
      properties: { users: namespaceList, aliases: namespaceList, rooms: namespaceList },
    },
    rate_limited: { type: ['boolean', 'null'] },
    protocols: { type: ['array', 'null'], maxItems: 100, items: { type: 'string', minLength: 1, maxLength: 255 } },
    receive_ephemeral: { type: ['boolean', 'null'] },
    push_ephemeral: { type: ['boolean', 'null'] },
    'de.sorunome.msc2409.push_ephemeral': { type: ['boolean', 'null'] },
    'org.matrix.msc3202': { type: ['boolean', 'null'] },
    'io.element.msc4190': { type: ['boolean', 'null'] },
  },
  required: ['id', 'as_token', 'hs_token', 'sender_localpart', 'namespaces'],
};

/** Reads what `registrationSchema` has accepted. */
export function readRegistration(document: JsonObject): Registration {
  const text = (name: string) => document[name] as string;
  const url = document['url'];
  const namespaces = (document['namespaces'] ?? {}) as Record<NamespaceKind, JsonValue | undefined>;
  const flag = (...names: string[]) => names.some((name) => document[name] === true);
  return {
    id: text('id'),
    url: typeof url === 'string' && url !== '' ? url.replace(/\/+$/, '') : null,
    asToken: text('as_token'),
    hsToken: text('hs_token'),
    senderLocalpart: text('sender_localpart'),
    namespaces: {
      users: readNamespaces(namespaces.users),
      aliases: readNamespaces(namespaces.aliases),
      rooms: readNamespaces(namespaces.rooms),
    },
    // Bridges that leave it out count on not being limited.
    isRateLimited: flag('rate_limited'),
    protocols: (document['protocols'] ?? []) as string[],
    receivesEphemeral: flag('receive_ephemeral', 'push_ephemeral', 'de.sorunome.msc2409.push_ephemeral'),
    receivesDeviceLists: flag('org.matrix.msc3202'),
  };
}

function readNamespaces(list: JsonValue | undefined): Namespace[] {
  const namespaces = (list ?? []) as { readonly exclusive?: boolean | null; readonly regex: string }[];
  return namespaces.map(({ exclusive, regex }) => ({ exclusive: exclusive ?? false, regex }));
}
