import { join } from 'node:path';
import type { Sql } from 'postgres';
import { openHttpConnection } from '../load/http-connection.ts';
import { memberIndexes, type Population, populationOf } from '../load/make-population.ts';
import { compareEventIds, type VerifySent } from '../load/verify-sent.ts';
import type { Peer } from '../peers/peer.ts';
import { findFreePort, runServer } from '../peers/run-server.ts';

/** The crude ceiling as a server of its own process. It knows neither users nor rooms. */
export const ceiling: Peer = {
  name: 'ceiling',
  async start(options) {
    const port = await findFreePort();
    const running = await runServer({
      program: process.execPath,
      args: [join(import.meta.dirname, 'ceiling-server.ts')],
      folder: options.dataFolder,
      port,
      env: { CEILING_PORT: String(port), CEILING_DATABASE_URL: options.databaseUrl },
    });
    const version = 'HTTP, canonical JSON, hash, signature and batched insert, nothing else';
    return { ...running, databaseUrl: options.databaseUrl, registrationSecret: undefined, version };
  },
};

/** 64 users in 50 rooms, like those of a homeserver, that exist only in the requests. */
export function inventPopulation(baseUrl: string): Population {
  const users = Array.from({ length: 64 }, (_, index) => ({
    userId: `@user${index}:localhost`,
    token: `token-of-a-usual-length-${index}`,
    connection: openHttpConnection(baseUrl),
  }));
  const rooms = Array.from({ length: 50 }, (_, index) => ({
    roomId: `!room${index}:localhost`,
    members: memberIndexes(index).map((member) => users[member] as (typeof users)[number]),
  }));
  return populationOf(users, rooms);
}

/** Looks the acknowledged events up in the ceiling's table. */
export function verifySentInTable(sql: Sql): VerifySent {
  return async (eventIds) => {
    for (const [roomId, acknowledged] of eventIds) {
      const rows = await sql`SELECT event_id FROM ceiling_event WHERE room_id = ${roomId}
                              ORDER BY position DESC LIMIT ${acknowledged.length}`;
      const found = rows.map((row) => String(row.event_id));
      compareEventIds(roomId, acknowledged, found);
    }
  };
}
