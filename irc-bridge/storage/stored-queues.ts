import {
  type FinishedEntry,
  finishInboxEntries,
  type InboxEntry,
  type InboxSource,
  keyOfInbox,
  readInbox,
} from './inbox.ts';
import type { BridgeSql } from './open-bridge-database.ts';
import { noteProgress, type OutboxEntry, type OutboxProgress, readOutbox } from './outbox.ts';
import { isAboutData, RunTogether } from './run-together.ts';

const maxTogether = 200;
/** Entries of one room or channel that are read at once. */
export const batchEntries = 50;

/**
 * The two stored queues as those see them who work on one room or channel: what they ask for at the same time shares a
 * statement, and a commit.
 */
export class StoredQueues {
  readonly #readsOfOutbox: RunTogether<string, OutboxEntry[]>;
  readonly #progress: RunTogether<OutboxProgress, void>;
  readonly #readsOfInbox: RunTogether<InboxSource, InboxEntry[]>;
  readonly #finished: RunTogether<FinishedEntry, void>;

  constructor(sql: BridgeSql) {
    this.#readsOfOutbox = new RunTogether({
      maxTogether,
      async run(roomIds: readonly string[]) {
        const found = await readOutbox(sql, roomIds, batchEntries);
        return roomIds.map((roomId) => found.get(roomId) ?? []);
      },
    });
    this.#progress = new RunTogether({ maxTogether, run: (all) => answerAll(all, noteProgress(sql, all)) });
    this.#readsOfInbox = new RunTogether({
      maxTogether,
      async run(sources: readonly InboxSource[]) {
        const found = await readInbox(sql, sources, batchEntries);
        return sources.map((source) => found.get(keyOfInbox(source)) ?? []);
      },
    });
    this.#finished = new RunTogether({ maxTogether, run: (all) => answerAll(all, finishInboxEntries(sql, all)) });
  }

  /** The oldest entries of a room, in their order, at most `batchEntries`. */
  readOutbox(roomId: string): Promise<readonly OutboxEntry[]> {
    return this.#readsOfOutbox.ask(roomId);
  }

  /** Notes how far an entry has come; when it resolves, that is committed. */
  async noteProgress(progress: OutboxProgress): Promise<void> {
    try {
      await this.#progress.ask(progress);
    } catch (error) {
      if (!progress.message || !isAboutData(error)) throw error;
      // What cannot be remembered was said all the same, and must not be said again and again.
      await this.#progress.ask({ ...progress, message: undefined });
    }
  }

  /** The oldest entries of a channel or nick, in their order, at most `batchEntries`. */
  readInbox(source: InboxSource): Promise<readonly InboxEntry[]> {
    return this.#readsOfInbox.ask(source);
  }

  /** Takes an entry away; when it resolves, that is committed. */
  async finishInboxEntry(finished: FinishedEntry): Promise<void> {
    try {
      await this.#finished.ask(finished);
    } catch (error) {
      if (!finished.sent || !isAboutData(error)) throw error;
      await this.#finished.ask({ ...finished, sent: undefined });
    }
  }
}

async function answerAll(all: readonly unknown[], done: Promise<void>): Promise<void[]> {
  await done;
  return all.map(() => undefined);
}
