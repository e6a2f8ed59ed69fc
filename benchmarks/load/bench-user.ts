import type { HttpConnection } from './http-connection.ts';

/** A user of the measured server: who it is, and a connection of its own. */
export interface BenchUser {
  readonly userId: string;
  readonly token: string;
  readonly connection: HttpConnection;
}
