import type { Timer } from '@holdfast/effects/clock.ts';
import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import type { Context, SigningKey } from '../../platform/context.ts';
import { generateSigningKeyPair } from '../../platform/cryptography/crypto-primitives.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';
import type { PlatformContext } from '../../platform/platform-context.ts';
import { readSigningKeys, type SigningKeyRow } from '../../storage/remote-servers/read-signing-keys.ts';
import { addSigningKey } from '../../storage/remote-servers/write-signing-keys.ts';

/** A key that we have signed with until `expiredTs`, in milliseconds since the epoch. */
export interface OldKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly expiredTs: number;
}

/** How often a process looks whether there is another key. */
const lookEveryMs = 5_000;
/** From its making until a new key signs: by then every process publishes it. */
export const announcementMs = 20_000;
/** For so long after the next one's beginning some process may still have signed with a key. */
const overlapMs = 60_000;

/** The keys of this server, as the database has them: one signs, newer ones are announced, older ones remembered. */
export class OwnKeys {
  #rows: readonly SigningKeyRow[];

  constructor(rows: readonly SigningKeyRow[]) {
    this.#rows = rows;
  }

  /** The one that signs. */
  get current(): SigningKey {
    const due = this.#rows.findLast(({ isDue }) => isDue) ?? this.#rows[0];
    if (!due) throw new Error('this server has no signing key');
    return due;
  }

  /** The one that signs, and those that will. */
  usable(): readonly SigningKey[] {
    return this.#rows.slice(this.#rows.findLastIndex(({ isDue }) => isDue));
  }

  old(): readonly OldKey[] {
    const index = this.#rows.findLastIndex(({ isDue }) => isDue);
    return this.#rows.slice(0, Math.max(0, index)).map(({ keyId, publicKey }, place) => ({
      ...{ keyId, publicKey, expiredTs: (this.#rows[place + 1]?.signsFromTs ?? 0) + overlapMs },
    }));
  }

  async look({ database }: PlatformContext): Promise<void> {
    const rows = await readSigningKeys(database);
    if (rows.length > 0) this.#rows = rows;
  }

  /** Looks again and again for what other processes, or `holdfast key rotate`, have changed. */
  follow(context: PlatformContext): { close(): void } {
    let timer: Timer | undefined;
    let isClosed = false;
    const schedule = () => {
      timer = context.clock.startTimer(lookEveryMs, () => {
        this.look(context)
          .catch((error: unknown) => context.log.debug({ err: error }, 'the signing keys could not be read'))
          .finally(() => !isClosed && schedule());
      });
    };
    schedule();
    return {
      close() {
        isClosed = true;
        timer?.cancel();
      },
    };
  }
}

/** What `openOwnKeys` has read; without it, only the key that the context has. */
export const ownKeysOf: PerContext<PlatformContext & Pick<Context, 'signingKey'>, OwnKeys> = perContext(
  ({ signingKey }) => new OwnKeys([{ ...signingKey, signsFromTs: 0, isDue: true }]),
);

/** Reads the keys of this server. `firstKey` is the one that its database began with. */
export async function openOwnKeys(context: PlatformContext, firstKey: SigningKey): Promise<OwnKeys> {
  let rows = await readSigningKeys(context.database);
  if (rows.length === 0) {
    await addSigningKey(context.database, { ...firstKey, inMs: 0 });
    rows = await readSigningKeys(context.database);
  }
  const keys = new OwnKeys(rows);
  ownKeysOf.set({ ...context, signingKey: firstKey }, keys);
  return keys;
}

/** Makes a new key, which signs after a short while instead of the present one. Gives its id. */
export async function rotateSigningKey(context: PlatformContext): Promise<string> {
  const keyId = `ed25519:${context.random.letters(6)}`;
  await addSigningKey(context.database, { keyId, ...generateSigningKeyPair(), inMs: announcementMs });
  return keyId;
}

/** The public halves of our keys, old ones included, for what we signed ourselves. */
export function ownVerifyKeys(context: Context): ReadonlyMap<string, VerifyKey> {
  const keys = ownKeysOf.of(context);
  return new Map<string, VerifyKey>([
    ...keys.old().map(({ keyId, publicKey, expiredTs }) => [keyId, { publicKey, expiredTs }] as const),
    ...keys
      .usable()
      .map(({ keyId, publicKey }) => [keyId, { publicKey, validUntilTs: Number.MAX_SAFE_INTEGER }] as const),
  ]);
}
