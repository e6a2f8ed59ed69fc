import { type PowerLevels, parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import type { Context } from '../platform/context.ts';
import { findRoom, rulesOfRoom } from '../storage/names/room-names.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { membershipIn } from './hot-room.ts';

/** What a user may do in a room, by its current state in the database. */
export interface Powers {
  readonly membership: string;
  /** Infinity for creators from room version 12 on. */
  readonly level: number;
  readonly powerLevels: PowerLevels;
}

/** For decisions outside of the room's own commands. Undefined for a room that is not known. One query. */
export async function readPowers(context: Context, roomId: string, userId: string): Promise<Powers | undefined> {
  const room = await findRoom(context, roomId);
  if (!room) return undefined;
  const events = await readState(context, room, {
    keys: [
      ['m.room.create', ''],
      ['m.room.power_levels', ''],
      ['m.room.member', userId],
    ],
  });
  const find = (type: string) => events.find(({ pdu }) => pdu.type === type);
  const rules = rulesOfRoom(room);
  const powerLevels = parsePowerLevels(rules, find('m.room.power_levels'));
  return {
    membership: membershipIn(find('m.room.member')?.pdu),
    level: userPowerLevel(rules, powerLevels, find('m.room.create'), userId),
    powerLevels,
  };
}
