import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText } from '@holdfast/protocol/identifiers/identifier-text.ts';
import type { Context } from '../platform/context.ts';
import type { Command, ShardMemory } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import {
  type ClaimableKey,
  readClaimableKeys,
  readFallbackKeys,
  type WantedKey,
} from '../storage/devices/read-one-time-keys.ts';
import { claimOneTimeKey, type KeyPlace, markFallbackKeyUsed } from '../storage/devices/write-one-time-keys.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { groupByServer, type RemoteFailures } from './group-users.ts';
import { type ClaimedKeys, claimRemoteKeys, type KeyClaims } from './remote-lists/claim-remote-keys.ts';

interface ClaimKeysInput {
  readonly wanted: readonly WantedKey[];
}

/** A key given out, and its JSON text. */
interface ClaimedKey extends KeyPlace {
  readonly body: string;
}

/**
 * Keys that were given out and whose claims may not be visible to a read yet. Claims of a shard decide one after
 * another; a claim that was committed before a decision began is visible to it and is forgotten here.
 */
interface TakenKeys {
  readonly keys: Set<string>;
  readonly countByDevice: Map<string, number>;
  committed: KeyPlace[];
}

const takenKeysMemory: ShardMemory<TakenKeys> = {
  name: 'taken-one-time-keys',
  create: () => ({ keys: new Set(), countByDevice: new Map(), committed: [] }),
};

/**
 * Asked for again after a lost answer it gives out other keys: the first are lost and no key is ever given out twice.
 */
export const claimKeysCommand: Command<ClaimKeysInput, ClaimedKey[]> = {
  name: 'claim-keys',
  key: () => 'claim-keys',
  releases: 'decided',
  async decide(shard, { wanted }) {
    const taken = shard.remember(takenKeysMemory);
    for (const key of taken.committed.splice(0)) forgetTaken(taken, key);
    const most = 1 + Math.max(0, ...wanted.map((wish) => taken.countByDevice.get(deviceKey(wish)) ?? 0));
    const { database } = shard.context;
    const claimable = await readClaimableKeys(database, wanted, most);
    const given = chooseKeys(claimable, taken);
    const wished = new Set(given.map(wishKey));
    const without = wanted.filter((wish) => !wished.has(wishKey(wish)));
    const fallbacks = without.length === 0 ? [] : await readFallbackKeys(database, without);
    const firstUses = fallbacks.filter((key) => !key.isUsed);
    const result = [...given, ...fallbacks].map(toClaimedKey);
    if (given.length === 0 && firstUses.length === 0) return { result };
    for (const key of given) rememberTaken(taken, key);
    const entries = changedDevices([...given, ...firstUses]);
    const committed = shard.append(entries.length, () => ({
      entries,
      writes: [...given.map(claimOneTimeKey), ...firstUses.map(markFallbackKeyUsed)],
    }));
    committed.then(
      () => taken.committed.push(...given),
      // The shard's memory ends with a commit that failed.
      () => {},
    );
    return { result, committed };
  },
};

/** The first key of each wish that has not been given out. */
function chooseKeys(claimable: readonly ClaimableKey[], taken: TakenKeys): ClaimableKey[] {
  const chosen = new Map<string, ClaimableKey>();
  for (const key of claimable) {
    const wish = wishKey(key);
    if (!chosen.has(wish) && !taken.keys.has(placeKey(key))) chosen.set(wish, key);
  }
  return [...chosen.values()];
}

function toClaimedKey({ userId, deviceId, algorithm, keyId, body }: ClaimableKey): ClaimedKey {
  return { userId, deviceId, algorithm, keyId, body };
}

function changedDevices(keys: readonly KeyPlace[]): NewEntry[] {
  const devices = new Map(keys.map(({ userId, deviceId }) => [`${userId} ${deviceId}`, { userId, deviceId }]));
  return [...devices.values()].map((body) => ({ kind: 'one-time-keys', body }));
}

function rememberTaken(taken: TakenKeys, key: KeyPlace): void {
  const device = deviceKey(key);
  taken.keys.add(placeKey(key));
  taken.countByDevice.set(device, (taken.countByDevice.get(device) ?? 0) + 1);
}

function forgetTaken(taken: TakenKeys, key: KeyPlace): void {
  const device = deviceKey(key);
  const left = (taken.countByDevice.get(device) ?? 1) - 1;
  taken.keys.delete(placeKey(key));
  if (left === 0) taken.countByDevice.delete(device);
  else taken.countByDevice.set(device, left);
}

const deviceKey = (key: Omit<KeyPlace, 'keyId' | 'algorithm'>): string => JSON.stringify([key.userId, key.deviceId]);
const wishKey = (key: WantedKey): string => JSON.stringify([key.userId, key.deviceId, key.algorithm]);
const placeKey = (key: KeyPlace): string => JSON.stringify([key.userId, key.deviceId, key.algorithm, key.keyId]);

const defaultTimeoutMs = 10_000;
const shortestTimeoutMs = 1_000;
const longestTimeoutMs = 30_000;

/**
 * Gives out one key for each wished-for device and algorithm: one-time keys in the order of their upload and each only
 * once, then the fallback key. Those of other servers' users come from these within `timeoutMs`. Unknown devices are left
 * out. https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysclaim
 */
export async function claimKeys(
  context: Context,
  claims: KeyClaims,
  timeoutMs = defaultTimeoutMs,
): Promise<{ readonly failures: RemoteFailures; readonly oneTimeKeys: ClaimedKeys }> {
  const { remote } = groupByServer(context, Object.keys(claims));
  const oneTimeKeys: ClaimedKeys = {};
  const boundedMs = Math.max(shortestTimeoutMs, Math.min(timeoutMs, longestTimeoutMs));
  const [failures] = await Promise.all([
    claimRemoteKeys(context, remote, claims, boundedMs, oneTimeKeys),
    addLocalKeys(context, claims, oneTimeKeys),
  ]);
  return { failures, oneTimeKeys };
}

/** As claimKeys, of this server's users alone. */
export async function claimLocalKeys(context: Context, claims: KeyClaims): Promise<ClaimedKeys> {
  const oneTimeKeys: ClaimedKeys = {};
  await addLocalKeys(context, claims, oneTimeKeys);
  return oneTimeKeys;
}

async function addLocalKeys(context: Context, claims: KeyClaims, claimed: ClaimedKeys): Promise<void> {
  const { local } = groupByServer(context, Object.keys(claims));
  const byShard = Map.groupBy(local, (userId) => shardOfUser(context, userId));
  const answers = await Promise.all(
    [...byShard].map(async ([shard, userIds]) => {
      const wanted = userIds.flatMap((userId) =>
        Object.entries(claims[userId] ?? {})
          .filter((claim) => claim.every(isStorableText))
          .map(([deviceId, algorithm]) => ({ userId, deviceId, algorithm })),
      );
      return wanted.length === 0 ? [] : await context.shardLog.submit(claimKeysCommand, shard, { wanted });
    }),
  );
  for (const { userId, deviceId, algorithm, keyId, body } of answers.flat()) {
    const devices = (claimed[userId] ??= {});
    devices[deviceId] = { [`${algorithm}:${keyId}`]: JSON.parse(body) as JsonValue };
  }
}
