import type { NewEntry } from './log-entry.ts';
import { type ArrayElementType, arrayLiteral } from './sql-literal.ts';

/**
 * A statement that writes many rows at once. It touches exactly one table, and rows of one call do not depend on each
 * other.
 */
export interface BatchStatement {
  readonly name: string;
  readonly table: string;
  /** Column names and types of the rows, in their order. */
  readonly columns: Readonly<Record<string, ArrayElementType>>;
  /** The statement, given a FROM item whose alias is `row` and whose columns are named as above. */
  text(rows: string): string;
  /** For upserts: rows with the same key replace each other within a batch, the last one wins. */
  readonly rowKey?: (row: readonly unknown[]) => string;
  /** Statements of the same table that this one may be moved in front of. */
  readonly commutesWith?: readonly BatchStatement[];
}

export interface Write {
  readonly statement: BatchStatement;
  /** A value per column, in their order. Bytes as Uint8Array or as the text whose UTF-8 they are, JSON as text, absent as null. */
  readonly row: readonly unknown[];
}

/** What one decision adds to the log and to the tables, all in one transaction. */
export interface Change {
  readonly entries: readonly NewEntry[];
  readonly writes: readonly Write[];
}

interface WriteGroup {
  readonly statement: BatchStatement;
  readonly rows: (readonly unknown[])[];
  readonly indexByKey: Map<string, number>;
}

/** The statement for no rows at all. */
export function emptyStatement({ columns, text }: BatchStatement): string {
  const arrays = Object.values(columns).map((type) => arrayLiteral(type, []));
  return text(`unnest(${arrays.join(', ')}) AS row(${Object.keys(columns).join(', ')})`);
}

/**
 * Groups writes of one transaction into few multi-row statements without changing what they amount to: a write joins
 * an earlier group of its statement only if everything in between touches other tables or commutes with it.
 */
export class WriteGroups {
  readonly #groups: WriteGroup[] = [];

  add(write: Write): void {
    const group = this.#findGroup(write.statement) ?? this.#openGroup(write.statement);
    const key = write.statement.rowKey?.(write.row);
    const earlier = key === undefined ? undefined : group.indexByKey.get(key);
    if (earlier !== undefined) {
      group.rows[earlier] = write.row;
      return;
    }
    if (key !== undefined) group.indexByKey.set(key, group.rows.length);
    group.rows.push(write.row);
  }

  /** The statements in the order of execution, with their rows as literals. */
  *statements(): Generator<string> {
    for (const { statement, rows } of this.#groups) {
      const names = Object.keys(statement.columns);
      const arrays = names.map((name, index) =>
        arrayLiteral(
          statement.columns[name] as ArrayElementType,
          rows.map((row) => row[index]),
        ),
      );
      yield statement.text(`unnest(${arrays.join(', ')}) AS row(${names.join(', ')})`);
    }
  }

  #findGroup(statement: BatchStatement): WriteGroup | undefined {
    for (let index = this.#groups.length - 1; index >= 0; index--) {
      const group = this.#groups[index] as WriteGroup;
      if (group.statement === statement) return group;
      const independent = group.statement.table !== statement.table;
      if (!independent && !statement.commutesWith?.includes(group.statement)) return undefined;
    }
    return undefined;
  }

  #openGroup(statement: BatchStatement): WriteGroup {
    const group: WriteGroup = { statement, rows: [], indexByKey: new Map() };
    this.#groups.push(group);
    return group;
  }
}
