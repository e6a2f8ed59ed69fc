import type { Context } from '../../platform/context.ts';
import { type ListedAccount, readListedAccount } from '../../storage/accounts/read-account-list.ts';
import { readDevices } from '../../storage/accounts/read-devices.ts';
import { readMediaUsage } from '../../storage/media/read-media.ts';
import { readUserRooms } from '../../storage/sync/read-user-rooms.ts';
import { findOwnAccount } from './find-own-account.ts';

export interface DescribedAccount {
  readonly account: ListedAccount;
  readonly deviceCount: number;
  readonly joinedRoomCount: number;
  /** What the user's files take. */
  readonly mediaBytes: number;
}

/** An account with its figures. Throws M_INVALID_PARAM (of another server), M_NOT_FOUND. */
export async function describeAccount(context: Context, userId: string): Promise<DescribedAccount> {
  const { isDeactivated } = await findOwnAccount(context, userId);
  const [account, devices, { rooms }, mediaBytes] = await Promise.all([
    readListedAccount(context.database, userId),
    readDevices(context.database, userId),
    isDeactivated ? { rooms: [] } : readUserRooms(context, userId),
    readMediaUsage(context.database, userId),
  ]);
  const joined = rooms.filter(({ membership }) => membership === 'join');
  return { account, deviceCount: devices.length, joinedRoomCount: joined.length, mediaBytes };
}
