import type { ConfigValues } from './config-keys.ts';
import type { configKeys } from './config-schema.ts';

/** The configuration, all defaults filled in. `config-schema.ts` says what each key means. */
export type Config = ConfigValues<typeof configKeys> & {
  /** Absolute. */
  readonly dataDir: string;
};
