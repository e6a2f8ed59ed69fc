import { type BenchUser } from './bench-user.ts';
import { createRoom, joinRoom } from './join-room.ts';
import { type RegistrationTarget, registerUsers } from './register-users.ts';
import { runConcurrently } from './run-concurrently.ts';

const userCount = 64;
const roomCount = 50;
const membersPerRoom = 8;

/** 64 users in 50 rooms of 8 members, the setting of every figure about sending. */
export interface Population {
  readonly users: readonly BenchUser[];
  readonly rooms: readonly PopulatedRoom[];
  /** The rooms of each user, in the order of `users`. */
  readonly roomsOfUser: readonly (readonly PopulatedRoom[])[];
}

export interface PopulatedRoom {
  readonly roomId: string;
  readonly members: readonly BenchUser[];
}

/** Indexes (among the users) of a room's members; the first creates it. Every user is in six or seven rooms. */
export function memberIndexes(room: number): number[] {
  return Array.from({ length: membersPerRoom }, (_, member) => (room * membersPerRoom + member) % userCount);
}

export async function makePopulation(target: RegistrationTarget): Promise<Population> {
  const users = await registerUsers(target, userCount);
  const rooms: PopulatedRoom[] = [];
  // Eight consecutive rooms share no user, so no connection is asked twice at once.
  for (let first = 0; first < roomCount; first += userCount / membersPerRoom) {
    const width = Math.min(userCount / membersPerRoom, roomCount - first);
    rooms.push(...(await runConcurrently(width, width, (offset) => makeRoom(users, first + offset))));
  }
  return populationOf(users, rooms);
}

async function makeRoom(users: readonly BenchUser[], room: number): Promise<PopulatedRoom> {
  const members = memberIndexes(room).map((index) => users[index] as BenchUser);
  const roomId = await createRoom(members[0] as BenchUser, { name: `Bench room ${room}` });
  for (const member of members.slice(1)) await joinRoom(member, roomId);
  return { roomId, members };
}

/** Puts users and rooms together. */
export function populationOf(users: readonly BenchUser[], rooms: readonly PopulatedRoom[]): Population {
  const roomsOfUser = users.map((user) =>
    rooms.filter((room) => room.members.some((member) => member.userId === user.userId)),
  );
  return { users, rooms, roomsOfUser };
}
