/**
 * The schema as PostgreSQL has it after all migrations, as text in a fixed order, to be compared with the manifest
 * homeserver/storage/schema.txt.
 *
 *   node homeserver/testing/describe-schema.ts     writes the manifest
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type postgres from 'postgres';
import { withConnection } from '../platform/embedded-postgres/cluster-connection.ts';
import { createTestDatabase } from './create-test-database.ts';

export const schemaManifest = fileURLToPath(new URL('../storage/schema.txt', import.meta.url));

const introduction = `# The database's schema after all migrations, as PostgreSQL describes it; a test compares it.
# Written by: node homeserver/testing/describe-schema.ts`;

interface Described {
  readonly owner: string;
  readonly line: string;
}

/** Kinds of things, each as a query for lines in order. None depends on PostgreSQL's version. */
const queries = {
  columns: `
    SELECT c.relname AS owner, format('  %s %s%s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END,
      CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
      CASE a.attidentity WHEN 'a' THEN ' IDENTITY ALWAYS' WHEN 'd' THEN ' IDENTITY BY DEFAULT' ELSE '' END,
      coalesce(CASE WHEN a.attgenerated = '' THEN ' DEFAULT ' ELSE ' GENERATED ' END
        || pg_get_expr(d.adbin, d.adrelid), '')
      || CASE WHEN a.attstorage <> t.typstorage THEN ' STORAGE ' || a.attstorage::text ELSE '' END) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum`,
  options: `
    SELECT relname AS owner, '  WITH ' || array_to_string(ARRAY(SELECT unnest(reloptions) ORDER BY 1), ', ') AS line
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
    ORDER BY relname`,
  constraints: `
    SELECT c.relname AS owner, format('  %s: %s', k.conname, pg_get_constraintdef(k.oid)) AS line
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND k.contype <> 'n' ORDER BY c.relname, k.conname`,
  indexes: `
    SELECT tablename AS owner, '  ' || replace(indexdef, ' public.', ' ') AS line FROM pg_indexes i
    WHERE schemaname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conname = i.indexname
      AND k.connamespace = 'public'::regnamespace) ORDER BY tablename, indexname`,
  triggers: `
    SELECT c.relname AS owner, '  ' || replace(pg_get_triggerdef(g.oid), ' public.', ' ') AS line
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE NOT g.tgisinternal AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, g.tgname`,
};

const functionsQuery = `
  SELECT format('function %s(%s) returns %s, %s', p.proname, pg_get_function_identity_arguments(p.oid),
    pg_get_function_result(p.oid), p.provolatile) AS owner, p.prosrc AS line
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace ORDER BY 1`;

const othersQuery = `
  SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' ELSE 'relation ' || relkind::text END,
    relname) AS owner, '' AS line FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i') ORDER BY 1`;

export async function describeSchema(sql: postgres.Sql): Promise<string> {
  const byTable = new Map<string, string[]>();
  for (const query of Object.values(queries)) {
    for (const { owner, line } of await sql.unsafe<Described[]>(query)) {
      byTable.set(owner, [...(byTable.get(owner) ?? []), line]);
    }
  }
  const tables = [...byTable].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, lines]) => [`table ${name}`, ...lines]);
  const functions = (await sql.unsafe<Described[]>(functionsQuery)).map(({ owner, line }) => [owner, line.trim()]);
  const others = (await sql.unsafe<Described[]>(othersQuery)).map(({ owner }) => owner);
  const parts = [...[...tables, ...functions].map((lines) => lines.join('\n')), others.join('\n')];
  return `${[introduction, ...parts].join('\n\n')}\n`;
}

/** Of a database that has just been migrated. */
export async function describeMigratedSchema(): Promise<string> {
  const database = await createTestDatabase();
  try {
    return await withConnection(database.url, describeSchema);
  } finally {
    await database.drop();
  }
}

if (import.meta.main) {
  await writeFile(schemaManifest, await describeMigratedSchema());
}
