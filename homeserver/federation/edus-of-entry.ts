import { edusOfDeviceList, edusOfJoin, edusOfWholeRoom } from '../devices/remote-lists/device-list-edus.ts';
import { edusOfPresence, presenceEdusOfJoin } from '../ephemeral/presence-edus.ts';
import { edusOfReceipt } from '../ephemeral/receipt-edus.ts';
import { edusOfTyping } from '../ephemeral/typing-edus.ts';
import type { Context } from '../platform/context.ts';
import { type EntryKind, type LogEntry, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';

type EntryOf<Kind extends EntryKind> = LogEntry & { readonly kind: Kind };

/** What other servers are to be told of an entry of this kind besides events; entries of other servers' users: nothing. */
type EdusOf<Kind extends EntryKind> = (
  context: Context,
  entry: EntryOf<Kind>,
) => Promise<readonly AddressedEdu[]> | readonly AddressedEdu[];

const none: readonly AddressedEdu[] = [];

/** Every kind of entry has its line here. */
const edusByKind: { readonly [Kind in EntryKind]: EdusOf<Kind> | undefined } = {
  event: (context, entry) => (changesMembers(entry) ? edusOfMoves(context, entry) : none),
  receipt: edusOfReceipt,
  typing: edusOfTyping,
  presence: edusOfPresence,
  'account-data': undefined,
  'to-device': undefined,
  // Messages wait in the outbox.
  'outgoing-to-device': undefined,
  'device-list': edusOfDeviceList,
  'one-time-keys': undefined,
  session: undefined,
  profile: undefined,
  'room-state': edusOfWholeRoom,
  'application-services': undefined,
  'room-alias': undefined,
};

function changesMembers(entry: EntryOf<'event'>): boolean {
  return stateChangesOf(entry).some(({ type }) => type === 'm.room.member');
}

async function edusOfMoves(context: Context, entry: EntryOf<'event'>): Promise<AddressedEdu[]> {
  const [lists, presences] = await Promise.all([edusOfJoin(context, entry), presenceEdusOfJoin(context, entry)]);
  return [...lists, ...presences];
}

/** The EDUs that follow from an entry of the log, without a promise where there are none. */
export function edusOfEntry(
  context: Context,
  entry: LogEntry,
): Promise<readonly AddressedEdu[]> | readonly AddressedEdu[] {
  const edusOf = edusByKind[entry.kind] as EdusOf<EntryKind> | undefined;
  return edusOf?.(context, entry) ?? none;
}
