import type postgres from 'postgres';

export interface DescribedTable {
  /** Schema and name, quoted. */
  readonly name: string;
  /** As they stand between the parentheses of CREATE TABLE. */
  readonly columns: readonly string[];
  /** Names, quoted; what COPY lists. */
  readonly columnNames: readonly string[];
  /** Such as `fillfactor=80`. */
  readonly options: readonly string[];
  /** Such as `ALTER COLUMN body SET STORAGE EXTERNAL`. */
  readonly changes: readonly string[];
}

/** A sequence that numbers a column. */
export interface DescribedSequence {
  readonly name: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** All that is in a database, but for the rows; each list in the order of its text. */
export interface DescribedDatabase {
  readonly schemas: readonly string[];
  readonly tables: readonly DescribedTable[];
  /** `CREATE OR REPLACE FUNCTION ...`. */
  readonly functions: readonly string[];
  /** `ALTER TABLE ... ADD CONSTRAINT ...`, those that refer to other tables last. */
  readonly constraints: readonly string[];
  /** `CREATE INDEX ...`, without those that constraints bring along. */
  readonly indexes: readonly string[];
  readonly sequences: readonly DescribedSequence[];
}

/** Schemas of ours, and of whoever made one. */
const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/**
 * What is in the database that copying by its description would lose: kinds of objects that Holdfast does not make. Empty
 * where there is none. Each is named for people.
 */
export async function findForeignObjects(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql.unsafe<{ what: string }[]>(`
    SELECT CASE c.relkind WHEN 'v' THEN 'the view ' WHEN 'm' THEN 'the materialized view ' WHEN 'p' THEN 'the partitioned table '
      WHEN 'f' THEN 'the foreign table ' WHEN 'c' THEN 'the type ' ELSE 'the sequence ' END || c.oid::regclass AS what
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own} AND (c.relkind IN ('v', 'm', 'p', 'f', 'c')
        OR (c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')))
    UNION ALL SELECT 'the table ' || c.oid::regclass || ' of another kind or owner' FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own} AND c.relkind = 'r' AND (c.relpersistence <> 'p'
        OR pg_get_userbyid(c.relowner) <> 'holdfast' OR c.relrowsecurity OR c.relacl IS NOT NULL
        OR EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)))
    UNION ALL SELECT 'the function ' || p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE ${own} AND (p.prokind NOT IN ('f', 'p') OR pg_get_userbyid(p.proowner) <> 'holdfast' OR p.proacl IS NOT NULL)
    UNION ALL SELECT 'the trigger ' || t.tgname FROM pg_trigger t WHERE NOT t.tgisinternal
    UNION ALL SELECT 'the type ' || t.oid::regtype FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE ${own} AND t.typtype IN ('d', 'e', 'r')
    UNION ALL SELECT 'the generated column ' || a.attname || ' of ' || a.attrelid::regclass FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own} AND a.attgenerated <> ''
    UNION ALL SELECT 'the extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'
    UNION ALL SELECT 'the publication ' || pubname FROM pg_publication
    UNION ALL SELECT 'large objects' WHERE EXISTS (SELECT FROM pg_largeobject_metadata)
    UNION ALL SELECT 'the event trigger ' || evtname FROM pg_event_trigger
    UNION ALL SELECT 'the statistics ' || stxname FROM pg_statistic_ext`);
  return rows.map(({ what }) => what);
}

/** What is in the cluster besides the database that Holdfast uses: databases, roles, settings of them. */
export async function findForeignParts(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ what: string }[]>`
    SELECT 'the database ' || datname AS what FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1', 'holdfast')
    UNION ALL SELECT 'the role ' || rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('postgres', 'holdfast')
    UNION ALL SELECT 'settings of a role or database' WHERE EXISTS (SELECT FROM pg_db_role_setting)
    UNION ALL SELECT 'the tablespace ' || spcname FROM pg_tablespace WHERE spcname !~ '^pg_'`;
  return rows.map(({ what }) => what);
}

/** Reads PostgreSQL's own catalogs. */
export async function describeDatabase(sql: postgres.Sql): Promise<DescribedDatabase> {
  const list = async (query: string) => (await sql.unsafe<{ text: string }[]>(query)).map(({ text }) => text);
  return {
    schemas: await list(`SELECT quote_ident(n.nspname) AS text FROM pg_namespace n
      WHERE ${own} AND n.nspname <> 'public' ORDER BY 1`),
    tables: await describeTables(sql),
    functions: await list(`SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${own} ORDER BY 1`),
    constraints: await list(`SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname,
        pg_get_constraintdef(c.oid)) AS text
      FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
      WHERE ${own} AND c.conrelid <> 0 AND c.contype <> 'n' ORDER BY c.contype = 'f', 1`),
    indexes: await list(`SELECT pg_get_indexdef(i.indexrelid) AS text
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${own} AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY 1`),
    sequences: await describeSequences(sql),
  };
}

async function describeTables(sql: postgres.Sql): Promise<DescribedTable[]> {
  return sql.unsafe<DescribedTable[]>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
      json_agg(quote_ident(a.attname) ORDER BY a.attnum) AS "columnNames",
      json_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attcollation NOT IN (0, t.typcollation)
             THEN (SELECT format(' COLLATE %I.%I', s.nspname, l.collname) FROM pg_collation l
               JOIN pg_namespace s ON s.oid = l.collnamespace WHERE l.oid = a.attcollation) ELSE '' END
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        || coalesce(CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS' WHEN 'd' THEN ' GENERATED BY DEFAULT' END
             || format(' AS IDENTITY (START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s)', q.seqstart,
               q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END), '')
        ORDER BY a.attnum) AS columns,
      to_json(coalesce(c.reloptions, '{}') || coalesce(ARRAY(SELECT 'toast.' || unnest(o.reloptions)
        FROM pg_class o WHERE o.oid = c.reltoastrelid), '{}')) AS options,
      to_json(coalesce(array_agg(format('ALTER COLUMN %I SET STORAGE %s', a.attname, CASE a.attstorage WHEN 'p' THEN 'PLAIN'
          WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) ORDER BY a.attnum)
        FILTER (WHERE a.attstorage <> t.typstorage), '{}')
      || coalesce(array_agg(format('ALTER COLUMN %I SET COMPRESSION %s', a.attname, CASE a.attcompression WHEN 'l' THEN 'lz4'
          ELSE 'pglz' END) ORDER BY a.attnum) FILTER (WHERE a.attcompression <> ''), '{}')
      || coalesce(array_agg(format('ALTER COLUMN %I SET (%s)', a.attname, array_to_string(a.attoptions, ', '))
        ORDER BY a.attnum) FILTER (WHERE a.attoptions IS NOT NULL), '{}')) AS changes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      LEFT JOIN pg_depend p ON p.refobjid = c.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i'
        AND p.classid = 'pg_class'::regclass AND a.attidentity <> ''
      LEFT JOIN pg_sequence q ON q.seqrelid = p.objid
    WHERE ${own} AND c.relkind = 'r' GROUP BY c.oid, n.nspname, c.relname, c.reloptions, c.reltoastrelid ORDER BY 1`);
}

async function describeSequences(sql: postgres.Sql): Promise<DescribedSequence[]> {
  const names = await sql.unsafe<{ name: string }[]>(`SELECT format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own} AND c.relkind = 'S' ORDER BY 1`);
  const sequences: DescribedSequence[] = [];
  for (const { name } of names) {
    const [row] = await sql.unsafe<{ lastValue: string; isCalled: boolean }[]>(
      `SELECT last_value::text AS "lastValue", is_called AS "isCalled" FROM ${name}`,
    );
    if (row) sequences.push({ name, ...row });
  }
  return sequences;
}
