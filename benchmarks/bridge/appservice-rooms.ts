import type { BenchUser } from '../load/bench-user.ts';
import { openHttpConnection } from '../load/http-connection.ts';
import { createRoom, joinRoom } from '../load/join-room.ts';
import { registerUsers } from '../load/register-users.ts';
import { requestJson } from '../load/request-json.ts';
import { runConcurrently } from '../load/run-concurrently.ts';
import { type BenchServer, serverName } from './bridge-run.ts';
import type { StubService } from './stub-appservice/stub-appservice.ts';

/** A user with the room in which it speaks. */
export interface Speaker {
  readonly user: BenchUser;
  readonly roomId: string;
}

/**
 * Makes rooms with a service's user in each, the services in turn, and users who speak in them, the rooms in turn. Gives
 * the users in order.
 */
export async function makeServiceRooms(
  server: BenchServer,
  services: readonly StubService[],
  { users: userCount, rooms: roomCount }: { readonly users: number; readonly rooms: number },
): Promise<Speaker[]> {
  for (const service of services) await registerServiceUser(server, service);
  const users = await registerUsers(server, userCount);
  const rooms = await runConcurrently(roomCount, 4, async (index) => {
    const roomId = await createRoom(users[index] as BenchUser, { name: `Bench room ${index}` });
    await joinAsService(server, services[index % services.length] as StubService, roomId);
    return roomId;
  });
  return await runConcurrently(userCount, 4, async (index) => {
    const user = users[index] as BenchUser;
    const roomId = rooms[index % roomCount] as string;
    if (index >= roomCount) await joinRoom(user, roomId);
    return { user, roomId };
  });
}

/** https://spec.matrix.org/v1.19/application-service-api/#server-admin-style-permissions */
async function registerServiceUser(server: BenchServer, { registration }: StubService): Promise<void> {
  const body = { type: 'm.login.application_service', username: registration.localpart, inhibit_login: true };
  await askOnce(server, registration.asToken, '/_matrix/client/v3/register', body);
}

async function joinAsService(server: BenchServer, { registration }: StubService, roomId: string): Promise<void> {
  const userId = encodeURIComponent(`@${registration.localpart}:${serverName}`);
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/join?user_id=${userId}`;
  await askOnce(server, registration.asToken, path, {});
}

/**
 * A service that is back says so.
 * https://spec.matrix.org/v1.19/application-service-api/#post_matrixclientv1appserviceappserviceidping
 */
export async function pingAsService(server: BenchServer, { registration }: StubService): Promise<void> {
  const path = `/_matrix/client/v1/appservice/${encodeURIComponent(registration.id)}/ping`;
  await askOnce(server, registration.asToken, path, {});
}

async function askOnce(server: BenchServer, token: string, path: string, body: object): Promise<void> {
  const connection = openHttpConnection(server.baseUrl);
  try {
    await requestJson(connection, 'POST', path, { token, body });
  } finally {
    connection.close();
  }
}
