/** Memberships as stored in room_state.membership. The numbers never change. */
export const membershipCodes = { join: 1, invite: 2, knock: 3, leave: 4, ban: 5 } as const;

/** A room that its user left or was banned from, and forgot. */
export const forgottenCode = 6;

export type Membership = keyof typeof membershipCodes;

const membershipByCode: readonly (Membership | undefined)[] = [undefined, 'join', 'invite', 'knock', 'leave', 'ban'];

export function membershipOfCode(code: number): Membership {
  return membershipByCode[code] ?? 'leave';
}

export function membershipCode(membership: unknown): number {
  return typeof membership === 'string' && Object.hasOwn(membershipCodes, membership)
    ? membershipCodes[membership as Membership]
    : membershipCodes.leave;
}
