import type { Context } from '../platform/context.ts';
import type { EntryKind, LogEntry } from '../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';

type EntryOf<Kind extends EntryKind> = LogEntry & { readonly kind: Kind };

/** What other servers are to be told of an entry of this kind besides events; entries of other servers' users: nothing. */
type EdusOf<Kind extends EntryKind> = (
  context: Context,
  entry: EntryOf<Kind>,
) => Promise<readonly AddressedEdu[]> | readonly AddressedEdu[];

/** Every kind of entry has its line here. */
const edusByKind: { readonly [Kind in EntryKind]: EdusOf<Kind> | undefined } = {
  event: undefined,
  receipt: undefined,
  typing: undefined,
  presence: undefined,
  'account-data': undefined,
  'to-device': undefined,
  'device-list': undefined,
  'one-time-keys': undefined,
  session: undefined,
  profile: undefined,
};

/** The EDUs that follow from an entry of the log, without a promise where there are none. */
export function edusOfEntry(
  context: Context,
  entry: LogEntry,
): Promise<readonly AddressedEdu[]> | readonly AddressedEdu[] {
  const edusOf = edusByKind[entry.kind] as EdusOf<EntryKind> | undefined;
  return edusOf?.(context, entry) ?? none;
}

const none: readonly AddressedEdu[] = [];
