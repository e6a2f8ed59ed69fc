/** Presence as stored in presence.state. The numbers never change. */
export const presenceCodes = { offline: 0, unavailable: 1, online: 2 } as const;

export type PresenceState = keyof typeof presenceCodes;

export function presenceOfCode(code: number): PresenceState {
  return code === presenceCodes.online ? 'online' : code === presenceCodes.unavailable ? 'unavailable' : 'offline';
}
