import type { Clock } from '@holdfast/effects/clock.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { PagingSettings } from '../configuration/monitor-settings.ts';
import type { ReachSettings } from '../configuration/paging-settings.ts';
import type { Ways } from '../escalation/escalation-policy.ts';
import { createNotifier } from '../notify/create-notifier.ts';
import type { Way } from '../notify/deliver.ts';
import type { NotifierSettings } from '../notify/notifier-settings.ts';

export interface AllWays {
  /** Of a person: the first provider's, the second one's, or all. A person without a second one has the first for both. */
  ofPerson(person: string, ways: Ways): readonly Way[];
  /** Where the team looks. */
  readonly team: readonly Way[];
  /** Every way of everybody, for a test. */
  readonly all: readonly { readonly whom: string; readonly way: Way }[];
}

/** The notifiers and addresses of the configuration. */
export function buildWays(
  paging: PagingSettings,
  parts: { readonly send: SendRequest; readonly clock: Clock },
): AllWays {
  const { notifiers = {}, people = {}, team = [] } = paging;
  const made = new Map(
    Object.entries(notifiers).map(([name, settings]) => {
      return [name, createNotifier(settings as unknown as NotifierSettings, parts)] as const;
    }),
  );
  const toWay = ({ notifier, address }: Pick<ReachSettings, 'notifier' | 'address'>): Way[] => {
    const found = made.get(notifier);
    return found ? [{ name: notifier, notifier: found, address }] : [];
  };
  const ofPerson = (person: string, ways: Ways): Way[] => {
    const reach = people[person]?.reach ?? [];
    const chosen = ways === 'all' ? reach : reach.filter(({ second = false }) => second === (ways === 'second'));
    return (chosen.length > 0 ? chosen : reach).flatMap(toWay);
  };
  const teamWays = team.flatMap(toWay);
  return {
    ofPerson,
    team: teamWays,
    all: [
      ...Object.keys(people).flatMap((person) => ofPerson(person, 'all').map((way) => ({ whom: person, way }))),
      ...teamWays.map((way) => ({ whom: 'the team', way })),
    ],
  };
}
