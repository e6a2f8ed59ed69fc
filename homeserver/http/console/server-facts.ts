import type { Config } from '../../platform/config/config.ts';

/** What is missing before the server can be used, or `ready`. */
export type SetUpStage = 'name' | 'administrator' | 'ready';

/** What the console's pages know of a server before anybody has logged in; nothing here is secret. */
export interface ServerFacts {
  readonly stage: SetUpStage;
  readonly server_name: string | null;
  /** Where clients find the server, as configured; null: where they found this page. */
  readonly public_url: string | null;
  /** Where it listens, for the pages that explain how the world gets there. */
  readonly listens_on: { readonly address: string; readonly port: number };
  readonly registration: Config['registration']['mode'];
  readonly minimum_password_length: number;
}

export function describeServer(config: Config, serverName: string | null, stage: SetUpStage): ServerFacts {
  return {
    stage,
    server_name: serverName,
    public_url: config.http.publicUrl?.replace(/\/+$/, '') ?? null,
    listens_on: { address: config.http.bind, port: config.http.port },
    registration: config.registration.mode,
    minimum_password_length: config.password.minimumLength,
  };
}
