import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';
import { readProfile } from '../storage/accounts/read-profiles.ts';
import { deleteProfileField, putProfileField } from '../storage/accounts/write-profiles.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { propagateProfile } from './propagate-profile.ts';
import { getRemoteProfile } from './remote-profile.ts';

interface ChangeFieldInput {
  readonly userId: string;
  readonly name: string;
  /** Absent: the field is removed. */
  readonly value?: JsonValue;
}

const maxProfileBytes = 65_536;
const maxNameBytes = 255;
const maxDisplayNameLength = 256;
const maxAvatarUrlLength = 1_000;
const fieldNamePattern = /^(avatar_url|displayname|m\.tz|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+)$/;
/** What member events repeat. */
const roomFields = new Set(['displayname', 'avatar_url']);

export const changeProfileFieldCommand: Command<ChangeFieldInput, null> = {
  name: 'change-profile-field',
  key: ({ userId }) => `profile ${userId}`,
  releases: 'committed',
  async decide(shard, { userId, name, value }) {
    const profile = await readProfile(shard.context.database, userId);
    const before = Object.hasOwn(profile, name) ? JSON.stringify(profile[name]) : undefined;
    if (before === (value === undefined ? undefined : JSON.stringify(value))) return { result: null };
    const changed = Object.fromEntries([
      ...Object.entries(profile).filter(([other]) => other !== name),
      ...(value === undefined ? [] : [[name, value] as const]),
    ]);
    if (Buffer.byteLength(JSON.stringify(changed)) >= maxProfileBytes) {
      throw new MatrixError('M_PROFILE_TOO_LARGE', 'A profile must be smaller than 64 KiB');
    }
    const write = value === undefined ? deleteProfileField(userId, name) : putProfileField(userId, name, value);
    const committed = shard.append(1, () => ({ entries: [{ kind: 'profile', body: { userId } }], writes: [write] }));
    return { result: null, committed };
  },
};

/**
 * Sets a field of a user's profile, or without a value removes it; rooms are told of names and avatars. An empty name or
 * avatar counts as none, as clients send it. Throws M_INVALID_PARAM, M_KEY_TOO_LARGE or M_PROFILE_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#profiles
 */
export async function changeProfileField(
  context: Context,
  userId: string,
  name: string,
  value?: JsonValue,
): Promise<void> {
  checkFieldName(name);
  if (value !== undefined) checkFieldValue(name, value);
  const isRemoval = value === undefined || (value === '' && roomFields.has(name));
  const input = { userId, name, ...(!isRemoval && { value }) };
  await context.shardLog.submit(changeProfileFieldCommand, shardOfUser(context, userId), input);
  // Also when nothing changed: a request that was cut off is sent again, and its rooms may not have been told.
  if (roomFields.has(name)) await propagateProfile(context, userId);
}

/**
 * A user's whole profile, `{}` for who has set nothing; users of other servers are asked for there. Throws M_NOT_FOUND, and
 * what getRemoteProfile does.
 */
export async function getProfile(context: Context, userId: string): Promise<JsonObject> {
  const serverName = parseUserId(userId)?.serverName;
  const isRemote = serverName !== undefined && serverName !== context.serverName;
  return isRemote ? await getRemoteProfile(context, userId) : await getLocalProfile(context, userId);
}

/** As getProfile, of this server's users alone. */
export async function getLocalProfile(context: Context, userId: string): Promise<JsonObject> {
  const profile = await readProfile(context.database, userId);
  if (Object.keys(profile).length === 0 && !(await readAccount(context.database, userId))) {
    throw new MatrixError('M_NOT_FOUND', 'There is no such user');
  }
  return profile;
}

/** Throws M_KEY_TOO_LARGE or M_INVALID_PARAM. */
export function checkFieldName(name: string): void {
  if (Buffer.byteLength(name) > maxNameBytes) {
    throw new MatrixError('M_KEY_TOO_LARGE', `The name of a profile field has at most ${maxNameBytes} bytes`);
  }
  if (!fieldNamePattern.test(name)) {
    throw new MatrixError('M_INVALID_PARAM', 'The name of a profile field must be like m.tz or org.example.field');
  }
}

function checkFieldValue(name: string, value: JsonValue): void {
  const refuse = (message: string) => new MatrixError('M_INVALID_PARAM', message);
  if (name === 'displayname') {
    if (typeof value !== 'string' || value.length > maxDisplayNameLength) {
      throw refuse(`displayname must be string of at most ${maxDisplayNameLength} characters`);
    }
  } else if (name === 'avatar_url') {
    const isAvatar = typeof value === 'string' && value.length <= maxAvatarUrlLength;
    if (!isAvatar) throw refuse(`avatar_url must be a string of at most ${maxAvatarUrlLength} characters`);
  } else if (name === 'm.tz' && (typeof value !== 'string' || !/^[A-Za-z0-9_+/-]{1,100}$/.test(value))) {
    throw refuse('m.tz must be the name of a time zone, such as Europe/London');
  }
}
