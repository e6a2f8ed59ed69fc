import type { MatrixClient } from '../../matrix/matrix-client.ts';
import { type MatrixEvent, textOf } from '../../matrix/matrix-event.ts';
import { getJoinedMembers } from '../../matrix/send-and-set.ts';

const maxRooms = 2_000;

/** Who is in the bridged rooms, as far as they are needed: asked for once, and then followed through the events. */
export class RoomMembers {
  readonly #matrix: MatrixClient;
  /** Display names by user id, by room. */
  readonly #rooms = new Map<string, Promise<Map<string, string | undefined>>>();

  constructor(matrix: MatrixClient) {
    this.#matrix = matrix;
  }

  /** The members of a room with their display names there. */
  async ofRoom(roomId: string): Promise<ReadonlyMap<string, string | undefined>> {
    let members = this.#rooms.get(roomId);
    if (!members) {
      if (this.#rooms.size >= maxRooms) this.#rooms.clear();
      members = this.#read(roomId);
      this.#rooms.set(roomId, members);
      members.catch(() => this.#rooms.delete(roomId));
    }
    return members;
  }

  async displayName(roomId: string, userId: string): Promise<string | undefined> {
    return (await this.ofRoom(roomId)).get(userId);
  }

  /** Takes a membership event into account. */
  async follow(event: MatrixEvent): Promise<void> {
    const room = await this.#rooms.get(event.room_id)?.catch(() => undefined);
    if (!room || event.state_key === undefined) return;
    if (event.content['membership'] === 'join') room.set(event.state_key, textOf(event.content, 'displayname'));
    else room.delete(event.state_key);
  }

  async #read(roomId: string): Promise<Map<string, string | undefined>> {
    const joined = await getJoinedMembers(this.#matrix, roomId);
    return new Map(Object.entries(joined).map(([userId, { display_name }]) => [userId, display_name ?? undefined]));
  }
}
