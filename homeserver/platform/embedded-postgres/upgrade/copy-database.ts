import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import type postgres from 'postgres';
import { type DescribedDatabase, describeDatabase } from './describe-database.ts';

export interface CopiedDatabase {
  readonly tables: number;
  readonly rows: number;
}

/**
 * Copies a database into an empty one, of another major version too: makes what the description of the first says, with
 * the rows before constraints and indexes, and then compares descriptions and rows of both. Throws with what differs.
 * `from` and `to` are one connection each; `to` is its owner's.
 */
export async function copyDatabase(
  from: postgres.Sql,
  to: postgres.Sql,
  say: (text: string) => void,
): Promise<CopiedDatabase> {
  const described = await describeDatabase(from);
  for (const schema of described.schemas) await to.unsafe(`CREATE SCHEMA ${schema}`);
  for (const { name, columns, options, changes } of described.tables) {
    const having = options.length > 0 ? ` WITH (${options.join(', ')})` : '';
    await to.unsafe(`CREATE TABLE ${name} (${columns.join(', ')})${having}`);
    for (const change of changes) await to.unsafe(`ALTER TABLE ${name} ${change}`);
  }
  for (const { name, columnNames } of described.tables) await copyRows(from, to, `${name} (${columnNames.join(', ')})`);
  say(
    `copied ${described.tables.length} tables; making ${described.constraints.length} constraints and ` +
      `${described.indexes.length} indexes`,
  );
  for (const statement of [...described.functions, ...described.constraints, ...described.indexes])
    await to.unsafe(statement);
  for (const { name, lastValue, isCalled } of described.sequences) {
    await to.unsafe('SELECT setval($1, $2, $3)', [name, lastValue, isCalled]);
  }
  for (const { name } of described.tables) await to.unsafe(`ANALYZE ${name}`);
  compareDescriptions(described, await describeDatabase(to));
  say('comparing every row of both');
  let rows = 0;
  for (const { name } of described.tables) rows += await compareRows(from, to, name);
  return { tables: described.tables.length, rows };
}

async function copyRows(from: postgres.Sql, to: postgres.Sql, what: string): Promise<void> {
  const source = await from.unsafe(`COPY ${what} TO STDOUT (FORMAT binary)`).readable();
  const target = await to.unsafe(`COPY ${what} FROM STDIN (FORMAT binary)`).writable();
  await pipeline(source, target);
}

function compareDescriptions(old: DescribedDatabase, made: DescribedDatabase): void {
  for (const part of Object.keys(old) as (keyof DescribedDatabase)[]) {
    const [one, other]: (readonly unknown[])[] = [old[part], made[part]];
    const differs = one?.findIndex((entry, index) => !isDeepStrictEqual(entry, other?.[index])) ?? -1;
    if (differs < 0 && one?.length === other?.length) continue;
    throw new Error(
      `${part} are not the same in the copy: ${JSON.stringify(one?.[differs])} is ${JSON.stringify(other?.[differs])}`,
    );
  }
}

/** Rows have no order of their own: their hashes are added up. Gives how many there are. */
async function compareRows(from: postgres.Sql, to: postgres.Sql, table: string): Promise<number> {
  const digest = `SELECT count(*)::float8 AS count,
    coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text AS digest FROM ${table} AS t`;
  const [one, other] = await Promise.all(
    [from, to].map((sql) => sql.unsafe<{ count: number; digest: string }[]>(digest)),
  );
  const [old, made] = [one?.[0], other?.[0]];
  if (old?.count === made?.count && old?.digest === made?.digest) return old?.count ?? 0;
  throw new Error(`${table} has ${made?.count} rows in the copy instead of ${old?.count}, or others`);
}
