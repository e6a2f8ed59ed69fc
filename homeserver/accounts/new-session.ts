import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import { insertDevice } from '../storage/accounts/write-devices.ts';
import { deleteSessionTokens, insertSessionToken } from '../storage/accounts/write-sessions.ts';
import { hashToken, makeToken } from './access-tokens.ts';

/** What a login asks for. */
export interface SessionRequest {
  readonly deviceId?: string | undefined;
  readonly initialDeviceDisplayName?: string | undefined;
  /** The client can refresh its access token, which then is short-lived. */
  readonly refreshToken?: boolean | undefined;
}

/** What a login gives the client. */
export interface OpenedSession {
  readonly deviceId: string;
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly expiresInMs?: number;
}

/** The same for the command: hashes instead of tokens. */
export interface SessionInput {
  readonly deviceId: string;
  readonly displayName: string | null;
  readonly createdMs: number;
  readonly accessHash: string;
  readonly refreshHash: string | null;
}

const accessLifetimeMs = 60 * 60_000;
const generatedIdLength = 10;

/** Makes the tokens of a login. They count once `sessionWrites` has been committed. */
export function prepareSession(
  context: Context,
  request: SessionRequest,
): { session: OpenedSession; input: SessionInput } {
  const deviceId = request.deviceId ?? context.random.letters(generatedIdLength).toUpperCase();
  const { tokens, hashes } = makeTokenPair(context, request.refreshToken ?? false);
  return {
    session: { deviceId, ...tokens },
    input: {
      deviceId,
      displayName: request.initialDeviceDisplayName ?? null,
      createdMs: context.clock.wallMs(),
      ...hashes,
    },
  };
}

/** A new access token and, for clients that refresh, the refresh token with it. */
export function makeTokenPair(context: Context, refreshes: boolean) {
  const accessToken = makeToken(context.random, 'access');
  const accessHash = toBase64(hashToken(accessToken));
  if (!refreshes) return { tokens: { accessToken }, hashes: { accessHash, refreshHash: null } };
  const refreshToken = makeToken(context.random, 'refresh');
  return {
    tokens: { accessToken, refreshToken, expiresInMs: accessLifetimeMs },
    hashes: { accessHash, refreshHash: toBase64(hashToken(refreshToken)) },
  };
}

/** The writes of a login: the device if it is new, and its tokens in place of those that it had. */
export function sessionWrites(userId: string, input: SessionInput, deviceExists: boolean): Write[] {
  return [
    ...(deviceExists ? [deleteSessionTokens(userId, input.deviceId)] : [insertDevice(userId, input)]),
    ...tokenWrites(userId, input.deviceId, 1, input),
  ];
}

export function tokenWrites(
  userId: string,
  deviceId: string,
  generation: number,
  hashes: { readonly accessHash: string; readonly refreshHash: string | null },
): Write[] {
  const token = { userId, deviceId, generation };
  const { accessHash, refreshHash } = hashes;
  const lifetimeMs = refreshHash === null ? null : accessLifetimeMs;
  const access = insertSessionToken({ ...token, tokenHash: fromBase64(accessHash), isRefresh: false, lifetimeMs });
  if (refreshHash === null) return [access];
  const tokenHash = fromBase64(refreshHash);
  return [access, insertSessionToken({ ...token, tokenHash, isRefresh: true, lifetimeMs: null })];
}

/** Throws M_RESOURCE_LIMIT_EXCEEDED when a new device would be one too many. */
export function checkDeviceCount(context: Context, count: number): void {
  const { maxDevicesPerUser } = context.config.limits;
  if (count < maxDevicesPerUser) return;
  throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', `An account has at most ${maxDevicesPerUser} devices`);
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
