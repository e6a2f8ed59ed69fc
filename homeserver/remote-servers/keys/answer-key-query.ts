import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { type PublishedKeysRow, readPublishedKeys } from '../../storage/remote-servers/read-server-keys.ts';
import { isServerAllowed } from '../is-server-allowed.ts';
import { keyRings } from './key-rings.ts';
import { publishKeys } from './publish-keys.ts';

/** What somebody wants to know of one server's keys. */
export interface KeyCriteria {
  readonly serverName: string;
  /** Empty: all. */
  readonly keyIds: readonly string[];
  /** The keys should be valid until then at least. Milliseconds since the epoch. */
  readonly minimumValidUntilTs: number;
}

/**
 * Answers as a notary: what each server has published, signed by us too. Servers are asked where we know nothing, or
 * nothing that is fresh enough: an answer is passed on for half of its lifetime. Servers that cannot be reached and are
 * not known are left out.
 * https://spec.matrix.org/v1.19/server-server-api/#querying-keys-through-another-server
 */
export async function answerKeyQuery(context: Context, criteria: readonly KeyCriteria[]): Promise<JsonObject[]> {
  const foreign = criteria.filter(({ serverName }) => serverName !== context.serverName);
  const allowed = foreign.filter(({ serverName }) => isServerAllowed(context, serverName));
  const names = [...new Set(allowed.map(({ serverName }) => serverName))];
  const known = await readRows(context, names);
  const stale = allowed.filter((wanted) => !isFresh(context, known.get(wanted.serverName), wanted));
  if (stale.length > 0) await keyRings.of(context).refresh(stale.map(({ serverName }) => serverName));
  const rows = stale.length > 0 ? await readRows(context, names) : known;
  const own = foreign.length < criteria.length ? [publishKeys(context)] : [];
  return [...own, ...[...rows.values()].map((row) => countersign(context, row))];
}

async function readRows({ database }: Context, names: readonly string[]): Promise<Map<string, PublishedKeysRow>> {
  if (names.length === 0) return new Map();
  return new Map((await readPublishedKeys(database, names)).map((row) => [row.serverName, row]));
}

function isFresh({ clock }: Context, row: PublishedKeysRow | undefined, wanted: KeyCriteria): boolean {
  if (!row || row.validUntilTs < wanted.minimumValidUntilTs) return false;
  const halfTs = row.fetchedTs + (row.validUntilTs - row.fetchedTs) / 2;
  if (clock.wallMs() > halfTs) return false;
  const { verify_keys: current = {}, old_verify_keys: old = {} } = JSON.parse(row.answer) as JsonObject;
  return wanted.keyIds.every((keyId) => Object.hasOwn(current as object, keyId) || Object.hasOwn(old as object, keyId));
}

function countersign({ serverName, signingKey }: Context, { answer }: PublishedKeysRow): JsonObject {
  return signJson(JSON.parse(answer) as JsonObject, { name: serverName, ...signingKey }, cryptoPrimitives);
}
