import type { Context } from '../platform/context.ts';

export interface QueryCount {
  /** The same context, whose reads are counted. Writes are not: they have connections of their own. */
  readonly context: Context;
  /** Queries since the last call. */
  take(): number;
}

/** Counts the queries that code makes through a context. */
export function countQueries(context: Context): QueryCount {
  let count = 0;
  const database = new Proxy(context.database, {
    apply(target, self, parameters) {
      // A tagged template is a query; a call with a value only prepares a piece of one.
      if (Array.isArray(parameters[0]) && 'raw' in parameters[0]) count++;
      return Reflect.apply(target, self, parameters);
    },
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name === 'unsafe') count++;
      return member;
    },
  });
  return {
    context: { ...context, database },
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}
