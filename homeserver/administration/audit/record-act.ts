import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { insertAuditEntry, type NewAuditEntry, setAuditOutcome } from '../../storage/administration/write-audit.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import { describeDetails } from './describe-details.ts';

/** What an administrator is about to do. */
export interface Act {
  /** User id of the administrator, or what else acts. */
  readonly operator: string;
  readonly operation: string;
  /** What it is done to, such as a room id. */
  readonly target: string;
  /** What was asked for; secrets are taken out. */
  readonly details: unknown;
  readonly address: string | null;
}

/** Names an act that has been recorded and has no outcome yet. */
export interface RecordedAct {
  readonly act: string;
  readonly operator: string;
}

/** Of characters: an index entry of PostgreSQL holds it whatever they are. */
const maxTargetLength = 500;

export const beginActCommand: Command<NewAuditEntry, null> = {
  name: 'begin-act',
  key: ({ act }) => `act ${act}`,
  releases: 'decided',
  decide: (shard, entry) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [insertAuditEntry(entry)] })),
  }),
};

export const endActCommand: Command<RecordedAct & { readonly outcome: string }, null> = {
  name: 'end-act',
  key: ({ act }) => `act ${act}`,
  releases: 'decided',
  decide: (shard, { act, outcome }) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [setAuditOutcome(act, outcome)] })),
  }),
};

/** Writes an act down. It is durable when this resolves; when it throws (503), the act must not be done. */
export async function beginAct(context: Context, { details, target, ...rest }: Act): Promise<RecordedAct> {
  const entry = {
    ...rest,
    act: context.random.uuid(),
    atMs: context.clock.wallMs(),
    target: [...target].slice(0, maxTargetLength).join(''),
    details: describeDetails(details),
  };
  await context.shardLog.submit(beginActCommand, shardOfUser(context, rest.operator), entry);
  return { act: entry.act, operator: rest.operator };
}

/** Adds how an act ended: `done`, or an error's code. One that cannot be written is left out: the act is over. */
export async function endAct(context: Context, recorded: RecordedAct, outcome: string): Promise<void> {
  try {
    const shard = shardOfUser(context, recorded.operator);
    await context.shardLog.submit(endActCommand, shard, { ...recorded, outcome });
  } catch (error) {
    context.log.warn({ err: error, ...recorded, outcome }, 'the outcome of an act could not be recorded');
  }
}
