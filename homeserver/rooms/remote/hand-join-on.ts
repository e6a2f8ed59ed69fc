import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import type { PartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { readWireTexts } from '../../storage/rooms/read-wire-events.ts';

const timeoutMs = 30_000;
const atOnce = 5;
const mostServers = 100;

/**
 * Tells a server of the join by which this one came to a room. The server that took the join does that, unless it went
 * away before; then the others take this one for none of the room's, and tell it nothing. Who knows the join already stays
 * as it is. Throws RemoteServerError.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid
 */
export async function handJoinOn(
  context: Context,
  { roomId, joinEventId }: PartialRoom,
  server: string,
): Promise<void> {
  const [room, join] = await Promise.all([findRoom(context, roomId), readEventById(context, joinEventId)]);
  if (!room || !join) return;
  const [text] = await readWireTexts(context, room, [join.position]);
  if (text === undefined) return;
  const head = JSON.stringify({ origin: context.serverName, origin_server_ts: context.clock.wallMs() });
  await askServer(context, {
    ...{ server, method: 'PUT', path: `/_matrix/federation/v1/send/${encodeURIComponent(`join-${joinEventId}`)}` },
    ...{ bodyJson: `${head.slice(0, -1)},"pdus":[${text}]}`, timeoutMs },
  });
}

/** Tells servers, those that cannot be reached aside. */
export async function handJoinOnToAll(
  context: Context,
  partial: PartialRoom,
  servers: readonly string[],
): Promise<void> {
  const left = servers.slice(0, mostServers);
  const next = async (): Promise<void> => {
    for (let server = left.shift(); server !== undefined; server = left.shift()) {
      try {
        await handJoinOn(context, partial, server);
      } catch (error) {
        if (!(error instanceof RemoteServerError)) throw error;
        context.log.debug({ server, error: error.message }, 'a server could not be told of a join');
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
