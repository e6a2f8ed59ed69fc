import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import type { LogEntry } from '../../platform/shard-log/log-entry.ts';
import { readRegistrations } from '../../storage/appservices/read-registrations.ts';
import { ApplicationService } from './application-service.ts';
import { readRegistration } from './registration.ts';

const retryMs = 1_000;

/** The application services that are registered, as this process knows them: kept current by the log. */
export class ApplicationServices {
  readonly #context: Context;
  #known = new Map<string, { readonly text: string; readonly service: ApplicationService }>();
  #all: readonly ApplicationService[] = [];
  #byToken = new Map<string, ApplicationService>();
  readonly #listeners = new Set<() => void>();
  #isStarted = false;
  #loading: Promise<void> | undefined;
  #isStale = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** By id. The same object for as long as its registration stays the same. */
  get all(): readonly ApplicationService[] {
    return this.#all;
  }

  find(id: string): ApplicationService | undefined {
    return this.#known.get(id)?.service;
  }

  findByToken(asToken: string): ApplicationService | undefined {
    return this.#byToken.get(asToken);
  }

  /** The service, other than `but`, that has a user id for itself. */
  findOwnerOfUser(userId: string, but?: ApplicationService): ApplicationService | undefined {
    return this.#all.find((service) => service !== but && service.hasUserAlone(userId));
  }

  /** The service, other than `but`, that has a room alias for itself. */
  findOwnerOfAlias(alias: string, but?: ApplicationService): ApplicationService | undefined {
    return this.#all.find((service) => service !== but && service.hasAliasAlone(alias));
  }

  /** Calls `listener` after each change. Returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the registrations and follows their changes from here on. */
  async start(): Promise<void> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries));
    }
    await this.load();
  }

  /** Reads the registrations as they are now. */
  async load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadWhileStale().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  async #loadWhileStale(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const rows = await readRegistrations(this.#context.database);
      const known = new Map<string, { readonly text: string; readonly service: ApplicationService }>();
      for (const { id, registration: text } of rows) {
        const before = this.#known.get(id);
        if (before?.text === text) known.set(id, before);
        else this.#addTo(known, id, text);
      }
      this.#replace(known);
    }
  }

  #addTo(
    known: Map<string, { readonly text: string; readonly service: ApplicationService }>,
    id: string,
    text: string,
  ) {
    try {
      const registration = readRegistration(JSON.parse(text) as JsonObject);
      known.set(id, { text, service: new ApplicationService(registration, this.#context.serverName) });
    } catch (error) {
      // Written by another version, which takes what this one refuses.
      this.#context.log.error({ service: id, err: error }, 'the registration of an application service cannot be used');
    }
  }

  #replace(known: Map<string, { readonly text: string; readonly service: ApplicationService }>): void {
    const before = this.#all;
    this.#known = known;
    this.#all = [...known.values()].map(({ service }) => service);
    this.#byToken = new Map(this.#all.map((service) => [service.registration.asToken, service]));
    if (this.#all.length === before.length && this.#all.every((service, index) => service === before[index])) return;
    for (const listener of this.#listeners) listener();
  }

  #follow(entries: readonly LogEntry[]): void {
    // No entries: the log was too far ahead to be read.
    if (entries.length > 0 && !entries.some(({ kind }) => kind === 'application-services')) return;
    this.load().catch((error: unknown) => {
      this.#context.log.warn({ err: error }, 'the registrations of application services could not be read yet');
      this.#context.clock.startTimer(retryMs, () => this.#follow([]));
    });
  }
}

export const applicationServices = perContext<Context, ApplicationServices>(
  (context) => new ApplicationServices(context),
);
