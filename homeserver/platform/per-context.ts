import type { PlatformContext } from './platform-context.ts';

/** One value for each process's context, made when it is first asked for. */
export interface PerContext<Given extends Pick<PlatformContext, 'metrics'>, Value> {
  of(context: Given): Value;
  /** The value if it has been made. */
  peek(context: Given): Value | undefined;
  /** Puts another value in its place. */
  set(context: Given, value: Value): void;
}

/**
 * For what a module keeps for the life of a process (connections, caches) without being handed around. Contexts that are
 * copies of each other share it: they have the same metrics, in which such a thing could not be registered twice.
 */
export function perContext<Given extends Pick<PlatformContext, 'metrics'>, Value>(
  create: (context: Given) => Value,
): PerContext<Given, Value> {
  const values = new WeakMap<object, Value>();
  return {
    of(context) {
      let value = values.get(context.metrics);
      if (value === undefined) {
        value = create(context);
        values.set(context.metrics, value);
      }
      return value;
    },
    peek: (context) => values.get(context.metrics),
    set: (context, value) => void values.set(context.metrics, value),
  };
}
