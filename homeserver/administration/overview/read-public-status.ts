import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import { readStatusPage, type StoredStatusPage } from '../../storage/administration/read-status-page.ts';

/** However many people look when something is wrong, the database is asked once in this time. */
const freshMs = 5_000;
const readTimeoutMs = 2_000;

/** The status page, and what this process knows of its age. */
export interface PublicStatus {
  /** Undefined where no monitor has written one, as far as is known. */
  readonly page: StoredStatusPage | undefined;
  /** The database could not be asked now: the page is what was known before. */
  readonly isDatabaseAway: boolean;
}

interface Kept extends PublicStatus {
  readonly readAtMs: number;
}

const kept = perContext<Context, { last?: Kept; reading?: Promise<Kept> | undefined }>(() => ({}));

/** The status page as the monitor wrote it last; it is there also while the database is not. Never fails. */
export async function readPublicStatus(context: Context): Promise<PublicStatus> {
  const state = kept.of(context);
  const nowMs = context.clock.monotonicMs();
  if (state.last && nowMs - state.last.readAtMs < freshMs) return state.last;
  state.reading ??= read(context, state.last).then((found) => {
    state.last = found;
    state.reading = undefined;
    return found;
  });
  return state.reading;
}

async function read(context: Context, last: Kept | undefined): Promise<Kept> {
  const { clock, database, log } = context;
  try {
    const page = await withDeadline(readStatusPage(database), readTimeoutMs, 'reading the status page', { clock });
    return { page, isDatabaseAway: false, readAtMs: clock.monotonicMs() };
  } catch (error) {
    if (!last?.isDatabaseAway) log.warn({ err: error }, 'the status page cannot be read; the last one is shown');
    return { page: last?.page, isDatabaseAway: true, readAtMs: clock.monotonicMs() };
  }
}
