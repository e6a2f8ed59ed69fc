import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../context.ts';
import { LoadOnce } from '../../load-once.ts';
import type { BatchStatement } from '../batch.ts';
import type { Command, OwnedShard, ShardMemory } from '../command.ts';

export interface NoteInput {
  /** Names the note: the same id makes one note, however often it is asked for. */
  readonly id: string;
  readonly text: string;
}

export interface NoteResult {
  readonly position: number;
  readonly epoch: number;
}

/** Notes are what the log's own tests write: a row of a table and an entry of the log each. */
export const noteTable = `
  CREATE TABLE note (
    id text NOT NULL PRIMARY KEY,
    text text NOT NULL CHECK (text <> 'refused'),
    shard smallint NOT NULL,
    position bigint NOT NULL,
    epoch bigint NOT NULL,
    UNIQUE (shard, position)
  )`;

export const insertNotes: BatchStatement = {
  name: 'insert-notes',
  table: 'note',
  columns: { id: 'text', text: 'text', shard: 'smallint', position: 'bigint', epoch: 'bigint' },
  text: (rows) => `INSERT INTO note (id, text, shard, position, epoch) SELECT * FROM ${rows}`,
};

/** The notes of a shard, ahead of the commits. */
export class NoteMemory {
  readonly notes = new Map<string, NoteResult & { committed?: Promise<void> }>();
  readonly loaded: LoadOnce;

  constructor(shard: OwnedShard, prepared: readonly NoteRow[] = []) {
    this.loaded = new LoadOnce(async () => {
      const rows = await readNotes(shard.context, shard.id, prepared.at(-1)?.position ?? 0);
      for (const row of [...prepared, ...rows]) this.notes.set(row.id, row);
    });
  }
}

type NoteRow = { readonly id: string } & NoteResult;

async function readNotes({ database }: Context, shard: number, after: number): Promise<NoteRow[]> {
  return await database<NoteRow[]>`
    SELECT id, position, epoch FROM note WHERE shard = ${shard} AND position > ${after} ORDER BY position`;
}

export const noteMemory: ShardMemory<NoteMemory> = {
  name: 'notes',
  prepare: (context, shard) => readNotes(context, shard, 0),
  create: (shard, prepared) => new NoteMemory(shard, prepared as NoteRow[] | undefined),
};

/** Writes a note, deciding on memory that runs ahead of the commits. */
export const writeNote: Command<NoteInput, NoteResult> = {
  name: 'write-note',
  key: ({ id }) => id,
  releases: 'decided',
  async decide(shard, { id, text }) {
    if (text === 'forbidden') throw new MatrixError('M_FORBIDDEN', 'no such notes', { fields: { note: id } });
    const memory = shard.remember(noteMemory);
    await memory.loaded.done();
    const known = memory.notes.get(id);
    if (known) return { result: known, ...(known.committed && { committed: known.committed }) };
    let result: NoteResult = { position: 0, epoch: shard.epoch };
    const committed = shard.append(1, (position) => {
      result = { position, epoch: shard.epoch };
      return {
        entries: [{ kind: 'account-data', body: { userId: '@note:test', type: id, content: { text } } }],
        writes: [{ statement: insertNotes, row: [id, text, shard.id, position, shard.epoch] }],
      };
    });
    memory.notes.set(id, { ...result, committed });
    return { result, committed };
  },
};

/** Tells what memory knows of a note without writing anything. */
export const findNote: Command<{ id: string }, { found: boolean }> = {
  name: 'find-note',
  key: ({ id }) => id,
  releases: 'decided',
  async decide(shard, { id }) {
    const memory = shard.remember(noteMemory);
    await memory.loaded.done();
    return { result: { found: memory.notes.has(id) } };
  },
};
