import postgres from 'postgres';

/** What must hold of the tables whatever was sent: nothing stored in part. Returns what does not hold. */
export async function checkDatabase(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const problems: string[] = [];
    for (const [problem, query] of Object.entries(questions)) {
      const rows = await sql.unsafe(query);
      if (rows.length === 0) continue;
      const examples = rows.slice(0, toldExamples).map((row) => `\n    ${JSON.stringify(row)}`);
      problems.push(`${rows.length === mostRows ? 'at least ' : ''}${rows.length} × ${problem}${examples.join('')}`);
    }
    return problems;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Rows that are wrong, of which some are told. */
const mostRows = 1_000;
const toldExamples = 3;

const questions: Readonly<Record<string, string>> = {
  'position without an entry': `
    SELECT p.position::text FROM shard s CROSS JOIN LATERAL generate_series(1, s.position) p (position)
    WHERE NOT EXISTS (SELECT FROM event e WHERE e.shard = s.id AND e.position = p.position)
      AND NOT EXISTS (SELECT FROM log_entry l WHERE l.shard = s.id AND l.position = p.position)
    LIMIT ${mostRows}`,
  'position with two entries': `
    SELECT e.position::text FROM event e JOIN log_entry l ON l.shard = e.shard AND l.position = e.position
    LIMIT ${mostRows}`,
  'state of an event that is not there': `
    SELECT row_to_json(s) AS state FROM room_state s
    WHERE s.event IS NOT NULL AND NOT EXISTS (SELECT FROM event e WHERE e.shard = s.shard AND e.position = s.event)
    LIMIT ${mostRows}`,
  'two current state events of one key': `
    SELECT room, type, state_key FROM room_state WHERE to_position = 9223372036854775807
    GROUP BY room, type, state_key HAVING count(*) > 1
    LIMIT ${mostRows}`,
  // Of a room that somebody was only invited to, or asked to be let into, there are memberships alone.
  'room without a create event': `
    SELECT row_to_json(r) AS room FROM room r WHERE NOT EXISTS (
      SELECT FROM room_state s JOIN name n ON n.id = s.type
      WHERE s.room = r.id AND n.text = 'm.room.create')
      AND EXISTS (SELECT FROM forward_extremity x WHERE x.room = r.id)
    LIMIT ${mostRows}`,
  'forward extremity that is no event': `
    SELECT row_to_json(x) AS extremity FROM forward_extremity x JOIN room r ON r.id = x.room
    WHERE NOT EXISTS (SELECT FROM event e WHERE e.shard = r.shard AND e.position = x.position)
    LIMIT ${mostRows}`,
  'state of a fork of an event that is not there': `
    SELECT row_to_json(s) AS state FROM fork_state s JOIN room r ON r.id = s.room
    WHERE s.event IS NOT NULL AND NOT EXISTS (SELECT FROM event e WHERE e.shard = r.shard AND e.position = s.event)
    LIMIT ${mostRows}`,
  'auth event that is not there': `
    SELECT e.position::text, a.position::text AS auth FROM event e CROSS JOIN LATERAL unnest(e.auth) a (position)
    WHERE NOT EXISTS (SELECT FROM event o WHERE o.shard = e.shard AND o.position = a.position)
    LIMIT ${mostRows}`,
  'event of a room that is not there': `
    SELECT e.position::text, e.room FROM event e WHERE NOT EXISTS (SELECT FROM room r WHERE r.id = e.room)
    LIMIT ${mostRows}`,
};
