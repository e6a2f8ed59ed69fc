import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import type { Decision } from '../decide/decide.ts';
import type { Incident, IncidentChange } from '../decide/incident.ts';
import { formatAcknowledgeToken } from '../escalation/acknowledge-link.ts';
import type { Escalation, PageOrder } from '../escalation/escalate.ts';
import { formatReplyCode } from '../escalation/reply.ts';
import { type Delivery, deliver, deliverAcknowledgement, type Way } from '../notify/deliver.ts';
import type { PageMessage } from '../notify/page-message.ts';
import type { MonitorState } from '../storage/monitor-state.ts';
import type { AllWays } from './build-ways.ts';

export interface ActParts {
  readonly settings: MonitorSettings;
  readonly ways: AllWays;
  readonly clock: Clock;
  readonly log: Log;
  readSecret(): string;
  /** No provider of a page took it. */
  onUndelivered(order: PageOrder): void;
}

/** Sends what a round has to say. Nothing waits for it: what comes of it goes back through `onUndelivered`. */
export function sendOrders(
  orders: readonly PageOrder[],
  incidents: readonly Incident[],
  parts: ActParts,
): Promise<void>[] {
  return orders.map(async (order) => {
    const incident = incidents.find(({ id }) => id === order.incident);
    const message = describe(order, incident, parts);
    const deliveries = await deliver(message, parts.ways.ofPerson(order.person, order.ways), parts.clock);
    report(deliveries, order, parts.log);
    // What rings nobody leaves out ways that do, so an all-clear may go nowhere.
    if (order.kind === 'page' && !deliveries.some(({ problem }) => problem === undefined)) parts.onUndelivered(order);
  });
}

const toldKinds: readonly IncidentChange['kind'][] = ['opened', 'worsened', 'explained', 'closed'];

/**
 * Where the team looks: what begins, what gets worse, what its cause is, what joins it that would be a page of its own, and
 * what is over, pages and warnings alike.
 */
export function tellTeam({ state, changes }: Decision, before: readonly Incident[], parts: ActParts): Promise<void>[] {
  const told = changes.filter(
    ({ kind, severity }) => toldKinds.includes(kind) || (kind === 'grew' && severity === 'page'),
  );
  // One message for each incident and round, for the first of them.
  const once = new Map(told.toReversed().map((change) => [change.incident, change]));
  return [...once.values()].map(async ({ incident: id, kind, atMs }) => {
    const incident = [...state.incidents, ...before].find((each) => each.id === id);
    if (!incident || incident.severity === 'notice') return;
    const whole: PageMessage = {
      ...fieldsOf(incident, parts.settings),
      ...{ id: `${id}.team.${kind}.${atMs}`, kind: kind === 'closed' ? 'all-clear' : incident.severity },
    };
    report(await deliver(whole, parts.ways.team, parts.clock), { incident: id, person: 'the team' }, parts.log);
  });
}

type Open = Pick<MonitorState, 'decision' | 'escalations'>;

/** Says all that is open again to those who take for over what they do not hear of: Alertmanager. */
export function repeatOpen({ decision, escalations }: Open, atMs: number, parts: ActParts): Promise<void>[] {
  return decision.incidents.map(async (incident) => {
    const { id, severity } = incident;
    if (severity === 'notice') return;
    const ways = waysOf(
      escalations.find((each) => each.incident === id),
      parts,
    ).filter(({ notifier }) => notifier.forgets);
    const message: PageMessage = { ...fieldsOf(incident, parts.settings), id: `${id}.open.${atMs}`, kind: severity };
    report(await deliver(message, ways, parts.clock), { incident: id, person: 'who keeps what is open' }, parts.log);
  });
}

/** Says to those who call people by themselves that somebody has taken an incident: PagerDuty. */
export async function passOnAcknowledgement(
  id: string,
  { decision, escalations }: Open,
  parts: ActParts,
): Promise<void> {
  const incident = decision.incidents.find((each) => each.id === id);
  if (!incident) return;
  const ways = waysOf(
    escalations.find((each) => each.incident === id),
    parts,
  );
  const message: PageMessage = { ...fieldsOf(incident, parts.settings), id: `${id}.taken`, kind: 'page' };
  const deliveries = await deliverAcknowledgement(message, ways, parts.clock);
  report(deliveries, { incident: id, person: 'who calls people' }, parts.log);
}

/** The team's, and those over which somebody was told, each once. */
function waysOf(escalation: Escalation | undefined, { ways }: ActParts): Way[] {
  const all = [...ways.team, ...(escalation?.told ?? []).flatMap((person) => ways.ofPerson(person, 'all'))];
  return [...new Map(all.map((way) => [`${way.name} ${way.address}`, way])).values()];
}

function fieldsOf(incident: Incident, settings: MonitorSettings) {
  const { id, severity, losesData, headline, symptoms, openedMs, cause } = incident;
  return {
    ...{ incident: id, severity, losesData, headline, openedMs, serverName: settings.server_name },
    ...{ symptoms: symptoms.map(({ summary }) => summary), guideUrl: guideOf(settings, cause) },
  };
}

/** The page of the alert, which the monitor serves itself. */
function guideOf(settings: MonitorSettings, cause: string): string {
  return `${readBase(settings)}/alerts/${cause.split(' ')[0] ?? ''}`;
}

function readBase({ public_url, bind, port }: MonitorSettings): string {
  return public_url?.replace(/\/$/, '') ?? `http://${bind}:${port}`;
}

function describe(order: PageOrder, incident: Incident | undefined, { settings, readSecret }: ActParts): PageMessage {
  const { id, kind, person, news } = order;
  const token = formatAcknowledgeToken(readSecret(), { incident: order.incident, person });
  const known = incident
    ? fieldsOf(incident, settings)
    : {
        ...({ incident: order.incident, severity: 'page', losesData: false, headline: order.headline } as const),
        ...{ symptoms: [], openedMs: 0, serverName: settings.server_name },
      };
  return {
    ...known,
    id,
    kind,
    ...(news !== undefined && { headline: `${news} (with: ${known.headline})` }),
    ...(kind === 'page' && {
      acknowledgeUrl: `${readBase(settings)}/acknowledge/${token}`,
      replyCode: formatReplyCode(readSecret(), { incident: order.incident, person }),
    }),
  };
}

function report(deliveries: readonly Delivery[], order: Pick<PageOrder, 'incident' | 'person'>, log: Log): void {
  const { incident, person } = order;
  for (const { way, problem } of deliveries) {
    if (problem === undefined) log.info({ incident, person, way }, 'told');
    else log.error({ incident, person, way, problem }, 'a provider did not take a message');
  }
}
