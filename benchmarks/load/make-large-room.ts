import { type BenchUser } from './bench-user.ts';
import { createRoom, joinRoom } from './join-room.ts';
import { readJoinedMembers } from './read-room.ts';
import { type RegistrationTarget, registerUsers } from './register-users.ts';
import { runConcurrently } from './run-concurrently.ts';

const joinsAtOnce = 16;

/** One room that many local users have joined, 16 at a time. */
export interface LargeRoom {
  readonly roomId: string;
  readonly owner: BenchUser;
  readonly memberCount: number;
  readonly joinsPerSecond: number;
}

/** Registers the users first; only the joins are timed. Requires that the server then counts them all as joined. */
export async function makeLargeRoom(target: RegistrationTarget, memberCount: number): Promise<LargeRoom> {
  const users = await registerUsers(target, memberCount + 1);
  const owner = users[0] as BenchUser;
  const roomId = await createRoom(owner, { name: 'Large bench room' });
  const startedMs = performance.now();
  await runConcurrently(memberCount, joinsAtOnce, (index) => joinRoom(users[index + 1] as BenchUser, roomId));
  const joinsPerSecond = memberCount / ((performance.now() - startedMs) / 1000);
  const joined = new Set(await readJoinedMembers(owner, roomId));
  const missing = users.filter((user) => !joined.has(user.userId)).length;
  if (missing > 0 || joined.size !== users.length) {
    throw new Error(`${joined.size} members are joined, ${missing} of the expected ${users.length} are missing`);
  }
  for (const user of users.slice(1)) user.connection.close();
  return { roomId, owner, memberCount, joinsPerSecond };
}
