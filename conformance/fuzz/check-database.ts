import postgres from 'postgres';

/** What must hold of the tables whatever was sent: nothing stored in part. Returns what does not hold. */
export async function checkDatabase(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const problems: string[] = [];
    for (const [problem, query] of Object.entries(questions)) {
      const rows = await sql.unsafe<{ count: string }[]>(query);
      const count = Number(rows[0]?.count ?? 0);
      if (count > 0) problems.push(`${count} × ${problem}`);
    }
    return problems;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const questions: Readonly<Record<string, string>> = {
  'position without an entry': `
    SELECT count(*) FROM shard s CROSS JOIN LATERAL generate_series(1, s.position) p (position)
    WHERE NOT EXISTS (SELECT FROM event e WHERE e.shard = s.id AND e.position = p.position)
      AND NOT EXISTS (SELECT FROM log_entry l WHERE l.shard = s.id AND l.position = p.position)`,
  'position with two entries': `
    SELECT count(*) FROM event e JOIN log_entry l ON l.shard = e.shard AND l.position = e.position`,
  'state of an event that is not there': `
    SELECT count(*) FROM room_state s
    WHERE NOT EXISTS (SELECT FROM event e WHERE e.shard = s.shard AND e.position = s.event)`,
  'two current state events of one key': `
    SELECT count(*) FROM (SELECT FROM room_state WHERE to_position = 9223372036854775807
    GROUP BY room, type, state_key HAVING count(*) > 1) twice`,
  'room without a create event': `
    SELECT count(*) FROM room r WHERE NOT EXISTS (
      SELECT FROM room_state s JOIN name n ON n.id = s.type
      WHERE s.room = r.id AND n.text = 'm.room.create')`,
  'forward extremity that is no event': `
    SELECT count(*) FROM forward_extremity x JOIN room r ON r.id = x.room
    WHERE NOT EXISTS (SELECT FROM event e WHERE e.shard = r.shard AND e.position = x.position)`,
  'state of a fork of an event that is not there': `
    SELECT count(*) FROM fork_state s JOIN room r ON r.id = s.room
    WHERE s.event IS NOT NULL AND NOT EXISTS (SELECT FROM event e WHERE e.shard = r.shard AND e.position = s.event)`,
  'auth event that is not there': `
    SELECT count(*) FROM event e CROSS JOIN LATERAL unnest(e.auth) a (position)
    WHERE NOT EXISTS (SELECT FROM event o WHERE o.shard = e.shard AND o.position = a.position)`,
  'event of a room that is not there': `
    SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT FROM room r WHERE r.id = e.room)`,
};
