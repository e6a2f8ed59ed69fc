import type { Sql } from '@holdfast/homeserver/platform/database/open-database.ts';

/**
 * Has the database itself note every write of a log: which positions, the epoch that is current (its row is locked by
 * then), and the epoch that the transaction's writer named at its beginning.
 */
export async function auditWrites(sql: Sql): Promise<void> {
  await sql.unsafe(`
    CREATE TABLE drill_write (
      shard smallint, first_position bigint, last_position bigint, row_count bigint,
      current_epoch bigint, named_epoch text, written_at timestamptz DEFAULT clock_timestamp()
    );
    ALTER FUNCTION advance_shard RENAME TO advance_audited_shard;
    CREATE FUNCTION advance_shard(shard_id smallint, held_epoch bigint, from_position bigint, to_position bigint)
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('drill.epoch', held_epoch::text, true);
      PERFORM advance_audited_shard(shard_id, held_epoch, from_position, to_position);
    END $$;
    CREATE FUNCTION note_drill_write() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO drill_write (shard, first_position, last_position, row_count, current_epoch, named_epoch)
      SELECT w.shard, min(w.position), max(w.position), count(*), s.epoch, current_setting('drill.epoch', true)
      FROM written w JOIN shard s ON s.id = w.shard GROUP BY w.shard, s.epoch;
      RETURN NULL;
    END $$;
    CREATE TRIGGER drill_event AFTER INSERT ON event REFERENCING NEW TABLE AS written
      FOR EACH STATEMENT EXECUTE FUNCTION note_drill_write();
    CREATE TRIGGER drill_entry AFTER INSERT ON log_entry REFERENCING NEW TABLE AS written
      FOR EACH STATEMENT EXECUTE FUNCTION note_drill_write();`);
}

export interface WriteAudit {
  /** Writes whose writer named another epoch than the current one, or none. */
  readonly underOldEpoch: number;
  /** Writes with a lower epoch than one before them in the order of positions. */
  readonly epochsGoingBack: number;
  /** Positions that no entry has, or more than one. */
  readonly positionsMissingOrDouble: number;
  /** How often a shard changed its epoch while it was written. */
  readonly epochChanges: number;
}

/** Judges what `auditWrites` noted and what the log holds. */
export async function readWriteAudit(sql: Sql): Promise<WriteAudit> {
  const count = async (text: string) => (await sql.unsafe<{ count: number }[]>(text))[0]?.count ?? -1;
  return {
    underOldEpoch: await count(`SELECT count(*)::int AS count FROM drill_write
      WHERE named_epoch IS DISTINCT FROM current_epoch::text`),
    epochsGoingBack: await count(`SELECT count(*)::int AS count FROM (
      SELECT current_epoch, max(current_epoch) OVER (PARTITION BY shard ORDER BY last_position) AS highest
      FROM drill_write) AS ordered WHERE current_epoch < highest`),
    positionsMissingOrDouble: await count(`SELECT count(*)::int AS count FROM (
      SELECT s.id, p.position FROM shard s, generate_series(1, s.position) AS p(position)
      EXCEPT ALL (SELECT shard, position FROM event WHERE position > 0 UNION ALL SELECT shard, position FROM log_entry)
      UNION ALL
      (SELECT shard, position FROM event WHERE position > 0 UNION ALL SELECT shard, position FROM log_entry)
      EXCEPT ALL SELECT s.id, p.position FROM shard s, generate_series(1, s.position) AS p(position)) AS differing`),
    epochChanges: await count(
      'SELECT (count(DISTINCT (shard, current_epoch)) - count(DISTINCT shard))::int AS count FROM drill_write',
    ),
  };
}
