import { parsePowerLevels, userPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import type { HotRoom } from './hot-room.ts';

/** The power level of a user in a hot room; Infinity for creators from room version 12 on. */
export function powerLevelIn(room: HotRoom, userId: string): number {
  const powerLevels = parsePowerLevels(room.rules, room.get('m.room.power_levels', ''));
  return userPowerLevel(room.rules, powerLevels, room.get('m.room.create', ''), userId);
}
