import type { Relation } from '@holdfast/protocol/events/relation.ts';
import { isStorableText, isWithinIdentifierLimit } from '@holdfast/protocol/identifiers/identifier-text.ts';
import type { BatchStatement, Write } from '../../platform/shard-log/batch.ts';
import { eventIdHash, textHash } from './text-hash.ts';

const insertRelations: BatchStatement = {
  name: 'insert-relations',
  table: 'relation',
  columns: {
    room: 'integer',
    parent_hash: 'bigint',
    rel_type: 'text',
    position: 'bigint',
    sender: 'integer',
    type: 'integer',
    key_hash: 'bigint',
  },
  text: (rows) =>
    `INSERT INTO relation (room, parent_hash, rel_type, position, sender, type, key_hash) SELECT * FROM ${rows}`,
};

/** The event that refers: its place and names. */
export interface RelatingEvent {
  readonly room: number;
  readonly position: number;
  readonly sender: number;
  readonly type: number;
}

/** Nothing for a type of relation that is too long to be one. */
export function insertRelation(event: RelatingEvent, { relType, eventId, key }: Relation): Write[] {
  if (!isStorableText(relType) || !isWithinIdentifierLimit(relType)) return [];
  const { room, position, sender, type } = event;
  const keyHash = key === undefined ? null : textHash(key);
  return [{ statement: insertRelations, row: [room, eventIdHash(eventId), relType, position, sender, type, keyHash] }];
}
