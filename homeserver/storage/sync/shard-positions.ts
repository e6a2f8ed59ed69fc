/** SQL for the positions of all shards in the snapshot of the statement that it stands in, as text; see below. */
export const snapshotPositions = `(SELECT string_agg(position::text, ',' ORDER BY id) FROM shard)`;

/** Positions by shard id, from what `snapshotPositions` gave. What was read beside them contains every entry up to them. */
export function parsePositions(text: string): number[] {
  return text.split(',').map(Number);
}
