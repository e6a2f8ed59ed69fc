import { compileNamespaces, type NamespaceMatch } from './compile-namespaces.ts';
import type { Registration } from './registration.ts';

/** A registered application service. Replaced by another one when its registration changes. */
export class ApplicationService {
  readonly registration: Registration;
  /** Who acts when a request of the service names no user. */
  readonly senderUserId: string;
  readonly #ownServer: string;
  readonly #users: (userId: string) => NamespaceMatch | undefined;
  readonly #aliases: (alias: string) => NamespaceMatch | undefined;
  readonly #rooms: (roomId: string) => NamespaceMatch | undefined;

  constructor(registration: Registration, serverName: string) {
    this.registration = registration;
    this.senderUserId = `@${registration.senderLocalpart}:${serverName}`;
    this.#ownServer = `:${serverName}`;
    this.#users = compileNamespaces(registration.namespaces.users);
    this.#aliases = compileNamespaces(registration.namespaces.aliases);
    this.#rooms = compileNamespaces(registration.namespaces.rooms);
  }

  get id(): string {
    return this.registration.id;
  }

  /** Users of this server only. https://spec.matrix.org/v1.19/application-service-api/#registration */
  hasUser(userId: string): boolean {
    return this.#matchUser(userId) !== undefined;
  }

  hasUserAlone(userId: string): boolean {
    return this.#matchUser(userId)?.isExclusive === true;
  }

  hasAlias(alias: string): boolean {
    return this.#aliases(alias) !== undefined;
  }

  hasAliasAlone(alias: string): boolean {
    return this.#aliases(alias)?.isExclusive === true;
  }

  hasRoom(roomId: string): boolean {
    return this.#rooms(roomId) !== undefined;
  }

  #matchUser(userId: string): NamespaceMatch | undefined {
    if (userId === this.senderUserId) return { isExclusive: true };
    if (userId.indexOf(':') !== userId.length - this.#ownServer.length || !userId.endsWith(this.#ownServer)) {
      return undefined;
    }
    return this.#users(userId);
  }
}
