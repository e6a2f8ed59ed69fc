import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { forgetOldest } from '../platform/forget-oldest.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { RateOverride } from '../storage/accounts/rate-override.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';
import { readDevice } from '../storage/accounts/read-devices.ts';
import { readSession, type SessionRow } from '../storage/accounts/read-sessions.ts';
import { hashToken, isWellFormedToken } from './access-tokens.ts';
import { confirmSession } from './refresh-session.ts';

/** What an access token gives: whose it is, and what holds for that account. */
export interface Session {
  readonly userId: string;
  readonly deviceId: string;
  readonly isAdmin: boolean;
  readonly isLocked: boolean;
  readonly isSuspended: boolean;
  /** What the user may send instead of the limits of all. */
  readonly rateOverride?: RateOverride | undefined;
  /** SHA-256 of the access token, base64url. */
  readonly accessTokenId: string;
  /** On the monotonic clock. */
  readonly expiresAtMs: number;
}

const cachedSessions = 50_000;

/**
 * Access tokens that were looked up lately, per process. Every change of a session, on whatever process, arrives as a
 * log entry and drops what is cached of that user; without such an entry nothing about a session changes.
 */
export class SessionCache {
  readonly #context: Context;
  readonly #sessions = new Map<string, Session>();
  /** Saves hashing a token for each of its requests; a token's id never changes. */
  readonly #idByToken = new BoundedCache<string, string>(cachedSessions);
  /** Exactly the tokens that are in #sessions. */
  readonly #tokensByUser = new Map<string, Set<string>>();
  readonly #unsubscribe: () => void;
  #changes = 0;

  constructor(context: Context) {
    this.#context = context;
    this.#unsubscribe = context.shardLog.tail.subscribe((_shard, entries) => this.#apply(entries));
  }

  get size(): number {
    return this.#sessions.size;
  }

  close(): void {
    this.#unsubscribe();
  }

  /**
   * The session of an access token. Throws M_UNKNOWN_TOKEN, with `soft_logout` when a refresh token can bring it back.
   */
  async find(token: string): Promise<Session> {
    const known = this.#idByToken.get(token);
    const cached = known === undefined ? undefined : this.#sessions.get(known);
    if (cached) {
      if (cached.expiresAtMs > this.#context.clock.monotonicMs()) return cached;
      throw unknownToken(true);
    }
    if (!isWellFormedToken(token, 'access')) throw unknownToken(false);
    const tokenHash = hashToken(token);
    const accessTokenId = Buffer.from(tokenHash).toString('base64url');
    const changesBefore = this.#changes;
    const row = await readSession(this.#context.database, tokenHash);
    if (!row || row.isDeactivated) throw unknownToken(false);
    if (row.remainingMs !== null && row.remainingMs <= 0) throw unknownToken(true);
    if (row.generation > row.oldestGeneration) this.#confirm(row);
    const session = this.#toSession(row, accessTokenId);
    // What changed while we read may have been this session.
    if (this.#changes === changesBefore) {
      this.#keep(session);
      this.#idByToken.set(token, accessTokenId);
    }
    return session;
  }

  /**
   * What a request has that an application service makes in the name of a user, and of a device where it names one.
   * Undefined where there is no such account. Throws M_UNKNOWN_DEVICE.
   */
  async findMasqueraded(serviceId: string, userId: string, deviceId = ''): Promise<Session | undefined> {
    const accessTokenId = `${serviceId} ${userId} ${deviceId}`;
    const cached = this.#sessions.get(accessTokenId);
    if (cached) return cached;
    const { database } = this.#context;
    const changesBefore = this.#changes;
    const [account, device] = await Promise.all([
      readAccount(database, userId),
      deviceId === '' ? undefined : readDevice(database, userId, deviceId),
    ]);
    if (!account || account.isDeactivated) return undefined;
    if (deviceId !== '' && !device) throw new MatrixError('M_UNKNOWN_DEVICE', 'The user has no such device');
    const { isLocked, isSuspended } = account;
    const session = { userId, deviceId, isAdmin: false, isLocked, isSuspended, accessTokenId, expiresAtMs: Infinity };
    if (this.#changes === changesBefore) this.#keep(session);
    return session;
  }

  #toSession(row: SessionRow, accessTokenId: string): Session {
    const { userId, deviceId, isAdmin, isLocked, isSuspended, remainingMs } = row;
    const expiresAtMs = remainingMs === null ? Infinity : this.#context.clock.monotonicMs() + remainingMs;
    const { messageRate: perSecond, messageBurst: burst } = row;
    const rateOverride = perSecond === null || burst === null ? undefined : { perSecond, burst };
    return { userId, deviceId, isAdmin, isLocked, isSuspended, rateOverride, accessTokenId, expiresAtMs };
  }

  /** The first use of refreshed tokens ends those before them. The answer does not wait for it. */
  #confirm({ userId, deviceId, generation }: SessionRow): void {
    confirmSession(this.#context, { userId, deviceId, generation }).catch((error: unknown) =>
      this.#context.log.warn({ err: error, userId, deviceId }, 'the tokens before a refresh could not be ended'),
    );
  }

  #keep(session: Session): void {
    this.#sessions.set(session.accessTokenId, session);
    const tokens = this.#tokensByUser.get(session.userId) ?? new Set();
    this.#tokensByUser.set(session.userId, tokens.add(session.accessTokenId));
    forgetOldest(this.#sessions, cachedSessions, (oldest) => this.#forgetToken(oldest));
  }

  #forgetToken({ accessTokenId, userId }: Session): void {
    const tokens = this.#tokensByUser.get(userId);
    tokens?.delete(accessTokenId);
    if (tokens?.size === 0) this.#tokensByUser.delete(userId);
  }

  #apply(entries: readonly LogEntry[]): void {
    // No entries: the log was too far ahead to be read, so anything may have changed.
    if (entries.length === 0) this.#forgetAll();
    for (const entry of entries) if (entry.kind === 'session') this.#forget(entry.body.userId);
  }

  #forget(userId: string): void {
    this.#changes++;
    for (const accessTokenId of this.#tokensByUser.get(userId) ?? []) this.#sessions.delete(accessTokenId);
    this.#tokensByUser.delete(userId);
  }

  #forgetAll(): void {
    this.#changes++;
    this.#sessions.clear();
    this.#tokensByUser.clear();
  }
}

function unknownToken(softLogout: boolean): MatrixError {
  return new MatrixError('M_UNKNOWN_TOKEN', softLogout ? 'The access token has expired' : 'Unknown access token', {
    fields: { soft_logout: softLogout },
  });
}
