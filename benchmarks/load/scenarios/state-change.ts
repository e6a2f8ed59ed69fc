import { databaseGrowth, readDatabaseSize } from '../database-size.ts';
import { requestJson } from '../request-json.ts';
import type { Scenario } from '../scenario.ts';
import { sendState } from '../send-message.ts';

/** Growth of the database for each change of state in a room of many members. The last change is read back. */
export const stateChange: Scenario = {
  name: 'state-change',
  async run(context) {
    if (context.sql === undefined) return [];
    const { roomId, owner, memberCount } = await context.largeRoom();
    const changes = context.sizes.stateChanges;
    const before = await readDatabaseSize(context.sql);
    for (let change = 1; change <= changes; change += 1) {
      await sendState(owner, roomId, 'm.room.topic', { topic: `Topic number ${change}` });
    }
    const growth = databaseGrowth(before, await readDatabaseSize(context.sql));
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.topic/`;
    const { topic } = await requestJson(owner.connection, 'GET', path, { token: owner.token });
    if (topic !== `Topic number ${changes}`) throw new Error(`the last of ${changes} changes is not there`);
    const bytes = growth.databaseBytes / changes;
    context.log(`a state change with ${memberCount} members: ${bytes.toFixed(0)} bytes of database`);
    const tables = growth.tables.map((table) => ({ table: table.table, bytesPerChange: table.bytes / changes }));
    return [{ key: 'state-change.database', value: bytes, samples: changes, details: { memberCount, tables } }];
  },
};
