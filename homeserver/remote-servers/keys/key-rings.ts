import { verifyJson } from '@holdfast/protocol/crypto/verify-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';
import { readServerKeys, type ServerKeyRow } from '../../storage/remote-servers/read-server-keys.ts';
import { noteServerKeysUsed, saveServerKeys } from '../../storage/remote-servers/write-server-keys.ts';
import { askServer, type ServerQuestion } from '../ask-server.ts';
import { RemoteServerError } from '../remote-server-error.ts';
import { isGoodAt, KeyRing, type KnownKey, type WantedKey } from './key-ring.ts';
import { ownVerifyKeys } from './own-keys.ts';
import { parseServerKeys, type ServerKeys } from './parse-server-keys.ts';

const fetchTimeoutMs = 8_000;
const keysAnswerBytes = 64 * 1024;
const notaryTimeoutMs = 20_000;
const notaryAnswerBytes = 10 * 1024 * 1024;
/** Servers in one question to a notary. */
const serversPerQuestion = 100;

export const keyRings: PerContext<Context, KeyRing> = perContext((context) => {
  const ring: KeyRing = new KeyRing(context.clock, {
    own: (serverName) => (serverName === context.serverName ? ownVerifyKeys(context) : undefined),
    load: (serverNames) => loadKeys(context, serverNames),
    fetch: (serverName, isAwaited) => fetchServerKeys(context, serverName, isAwaited),
    fetchFromNotaries: (wanted) => fetchFromNotaries(context, ring, wanted),
  });
  context.metrics.observedGauge({
    name: 'holdfast_remote_keys_cached',
    help: 'Other servers whose keys are in memory; 20,000 at most.',
    read: () => ring.size,
  });
  return ring;
});

async function loadKeys(
  { database, log }: Context,
  serverNames: readonly string[],
): Promise<Map<string, Map<string, KnownKey>>> {
  const found = new Map<string, Map<string, KnownKey>>();
  for (const row of await readServerKeys(database, serverNames)) {
    const keys = found.get(row.serverName) ?? new Map<string, KnownKey>();
    found.set(row.serverName, keys.set(row.keyId, toKnownKey(row)));
  }
  // Nobody waits for that: it counts by the day.
  if (found.size > 0) {
    noteServerKeysUsed(database, [...found.keys()]).catch((error: unknown) => {
      log.debug({ err: error }, 'that the keys of servers are used could not be noted');
    });
  }
  return found;
}

function toKnownKey({ publicKey, validUntilTs, expiredTs, isFirstHand }: ServerKeyRow): KnownKey {
  return {
    ...{ publicKey, isFirstHand },
    ...(validUntilTs !== null && { validUntilTs }),
    ...(expiredTs !== null && { expiredTs }),
  };
}

/** Asks a server itself for its keys. */
async function fetchServerKeys(
  context: Context,
  serverName: string,
  isAwaited: boolean,
): Promise<ServerKeys | undefined> {
  const answer = await askQuietly(context, {
    ...{ server: serverName, method: 'GET', path: '/_matrix/key/v2/server', isSigned: false },
    ...{ timeoutMs: fetchTimeoutMs, maxBytes: keysAnswerBytes, evenWhenBackingOff: isAwaited },
  });
  return answer && (await acceptKeys(context, answer, serverName, true));
}

/**
 * Asks the servers of `federation.key_servers` one after another, as long as a key is missing or not known to be good
 * for as late as it is wanted: one that knows a server need not know all keys of it.
 */
async function fetchFromNotaries(
  context: Context,
  ring: KeyRing,
  wanted: readonly WantedKey[],
): Promise<readonly ServerKeys[]> {
  const found: ServerKeys[] = [];
  const { keyServers } = context.config.federation;
  let missing = wanted;
  for (const notary of keyServers.filter((name) => name !== context.serverName)) {
    const asked = missing.filter(({ serverName }) => !keyServers.includes(serverName));
    const byServer = [...Map.groupBy(asked, ({ serverName }) => serverName)];
    for (let start = 0; start < byServer.length; start += serversPerQuestion) {
      const part = byServer.slice(start, start + serversPerQuestion);
      found.push(...(await askNotary(context, ring, notary, new Map(part))));
    }
    missing = missing.filter((key) => !found.some((published) => answers(published, key)));
    if (missing.length === 0) break;
  }
  return found;
}

function answers({ serverName, keys }: ServerKeys, wanted: WantedKey): boolean {
  return serverName === wanted.serverName && isGoodAt(keys.get(wanted.keyId), wanted.atTs);
}

/** https://spec.matrix.org/v1.19/server-server-api/#post_matrixkeyv2query */
async function askNotary(
  context: Context,
  ring: KeyRing,
  notary: string,
  wanted: ReadonlyMap<string, readonly WantedKey[]>,
): Promise<ServerKeys[]> {
  const criteria = (keys: readonly WantedKey[]) =>
    Object.fromEntries(keys.map(({ keyId, atTs }) => [keyId, { minimum_valid_until_ts: atTs }]));
  const answer = await askQuietly(context, {
    ...{ server: notary, method: 'POST', path: '/_matrix/key/v2/query', idempotent: true },
    ...{ timeoutMs: notaryTimeoutMs, maxBytes: notaryAnswerBytes },
    body: { server_keys: Object.fromEntries([...wanted].map(([name, keys]) => [name, criteria(keys)])) },
  });
  const given = Array.isArray(answer?.['server_keys']) ? answer['server_keys'].filter(isJsonObject) : [];
  const accepted: ServerKeys[] = [];
  for (const object of given) {
    const name = object['server_name'];
    if (typeof name !== 'string' || !wanted.has(name) || !(await isSignedBy(context, ring, notary, object))) continue;
    const published = await acceptKeys(context, object, name, false);
    if (published) accepted.push(published);
  }
  return accepted;
}

async function isSignedBy(context: Context, ring: KeyRing, notary: string, object: JsonObject): Promise<boolean> {
  const { signatures } = object;
  const own = isJsonObject(signatures) ? signatures[notary] : undefined;
  const keyIds = isJsonObject(own) ? Object.keys(own).slice(0, 5) : [];
  const atTs = context.clock.wallMs();
  const findKey = await ring.find(keyIds.map((keyId) => ({ serverName: notary, keyId, atTs })));
  return verifyJson(object, notary, (keyId) => findKey(notary, keyId)?.publicKey, cryptoPrimitives) === undefined;
}

/** Checks what came and remembers it. */
async function acceptKeys(
  context: Context,
  answer: JsonObject,
  serverName: string,
  isFirstHand: boolean,
): Promise<ServerKeys | undefined> {
  const fetchedTs = context.clock.wallMs();
  const { published, problem } = parseServerKeys(answer, serverName, fetchedTs);
  if (!published) {
    context.log.warn({ serverName, problem }, 'a server published keys that are not sound');
    return undefined;
  }
  const keys = [...published.keys].map(([keyId, { publicKey, validUntilTs = null, expiredTs = null }]) => ({
    ...{ keyId, publicKey, validUntilTs, expiredTs },
  }));
  const { validUntilTs } = published;
  await saveServerKeys(context.database, {
    ...{ serverName, answer: JSON.stringify(answer), validUntilTs, fetchedTs, isFirstHand, keys },
  }).catch((error: unknown) => {
    // They are good without being remembered: with the database away they are needed all the same.
    context.log.warn({ err: error, serverName }, 'the keys of a server could not be stored');
  });
  return published;
}

async function askQuietly(context: Context, question: ServerQuestion): Promise<JsonObject | undefined> {
  try {
    return await askServer(context, question);
  } catch (error) {
    if (!(error instanceof RemoteServerError)) throw error;
    context.log.debug({ serverName: question.server, reason: error.message }, 'keys could not be fetched');
    return undefined;
  }
}
