import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { toSearchText } from '../accounts/search-text.ts';
import { figuresReader, type RoomFigures } from './room-figures.ts';

const putRooms: BatchStatement = {
  name: 'put-room-figures',
  table: 'room_figures',
  columns: {
    room: 'integer',
    name: 'text',
    canonical_alias: 'text',
    search_text: 'text',
    creator: 'text',
    join_rule: 'text',
    history_visibility: 'text',
    guest_access: 'text',
    encryption: 'text',
    room_type: 'text',
    is_federated: 'boolean',
    joined: 'integer',
    joined_local: 'integer',
    state_events: 'integer',
  },
  text: (rows) => `INSERT INTO room_figures (room, name, canonical_alias, search_text, creator, join_rule,
      history_visibility, guest_access, encryption, room_type, is_federated, joined, joined_local, state_events)
    SELECT * FROM ${rows} ON CONFLICT (room) DO UPDATE SET name = excluded.name,
      canonical_alias = excluded.canonical_alias, search_text = excluded.search_text, creator = excluded.creator,
      join_rule = excluded.join_rule, history_visibility = excluded.history_visibility,
      guest_access = excluded.guest_access, encryption = excluded.encryption, room_type = excluded.room_type,
      is_federated = excluded.is_federated, joined = excluded.joined, joined_local = excluded.joined_local,
      state_events = excluded.state_events`,
  rowKey: (row) => String(row[0]),
};

export function putRoomFigures(room: number, figures: RoomFigures): Write {
  const { name, canonicalAlias, creator, joinRule, historyVisibility, guestAccess, encryption, roomType } = figures;
  const searchText = toSearchText(`${name ?? ''} ${canonicalAlias ?? ''}`);
  return {
    statement: putRooms,
    row: [
      ...[room, name, canonicalAlias, searchText, creator, joinRule, historyVisibility, guestAccess, encryption],
      ...[roomType, figures.isFederated, figures.joined, figures.joinedLocal, figures.stateEvents],
    ],
  };
}

const savePositions: BatchStatement = {
  name: 'save-room-figures-position',
  table: 'reader_position',
  columns: { reader: 'text', shard: 'smallint', position: 'bigint' },
  text: (rows) => `INSERT INTO reader_position (reader, shard, position) SELECT * FROM ${rows}
    ON CONFLICT (reader, shard) DO UPDATE SET position = excluded.position`,
  rowKey: (row) => `${String(row[0])} ${String(row[1])}`,
};

export function saveFiguresPosition(shard: number, position: number): Write {
  return { statement: savePositions, row: [figuresReader, shard, position] };
}
