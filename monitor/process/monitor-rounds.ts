import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import { decide } from '../decide/decide.ts';
import { rules } from '../decide/rules.ts';
import { acknowledge, type Escalation, escalate, noteUndelivered } from '../escalation/escalate.ts';
import type { EscalationPolicy } from '../escalation/escalation-policy.ts';
import type { OperatorRequest } from '../escalation/operator-request.ts';
import { isBeatDue } from '../escalation/outside-switch.ts';
import { type Duty, planDuty } from '../escalation/plan-duty.ts';
import type { WatchedSources } from '../observe/watch-sources.ts';
import type { MonitorTime } from '../platform/monitor-time.ts';
import { chooseRecoveries, followRested, type Recovery, type RecoveryInput } from '../recover/choose-recoveries.ts';
import { noteHeldBack } from '../recover/note-held-back.ts';
import { noteRestarts } from '../recover/note-restarts.ts';
import { addToTimeline, emptyMonitorState, type MonitorState } from '../storage/monitor-state.ts';
import { type ActParts, passOnAcknowledgement, repeatOpen, sendOrders, tellTeam } from './act-on-round.ts';
import { applyRequest } from './apply-request.ts';
import type { Leadership } from './leadership.ts';
import { readOnDuty, readPolicy, readWindows } from './read-paging.ts';

export interface RoundsParts extends Omit<ActParts, 'onUndelivered'> {
  readonly settings: MonitorSettings;
  readonly time: MonitorTime;
  readonly clock: Clock;
  readonly log: Log;
  readonly sources: WatchedSources;
  readonly leadership: Leadership;
  /** Who took which incident by an answer in a chat since the last time. Bounded in time; failures are logged. */
  readReplies(escalations: readonly Escalation[]): Promise<readonly { incident: string; by: string }[]>;
  /** Does it; gives what was changed, for the timeline. */
  recover(recovery: Recovery): Promise<string | undefined>;
  readReserve(): Promise<RecoveryInput['reserve']>;
  /** Calls the dead man's switch; failures are the outside's to notice. */
  beat(): Promise<void>;
  /** Is told every state that differs from the one before. */
  publish(state: MonitorState): Promise<void>;
}

const roundMs = 5_000;
/** What has not changed is stored this often, so that whoever takes over knows that it is so still. */
const saveEveryMs = 60_000;
const planEveryMs = 3_600_000;
const silenceable = rules.filter(({ losesData }) => !losesData).map(({ name }) => name);
/** So often those are told of what is open who would take it for over. */
const repeatOpenEveryMs = 5 * 60_000;

/** Observe, decide, act: one round after the other, on the monitor that pages. */
export class MonitorRounds {
  readonly #parts: RoundsParts;
  readonly #policy: EscalationPolicy;
  readonly #stopping = new AbortController();
  #state: MonitorState = emptyMonitorState;
  #wasLeader = false;
  #savedMs = 0;
  readonly #postgresRestarts = new Map<string, number>();
  #heldBack: ReadonlySet<string> | undefined;
  #duty: Duty = { order: [], shifts: [], people: [] };
  #dutyMs: number | undefined;
  #lastBeatMs: number | undefined;
  #lastRoundMs: number | undefined;
  #repeatedMs: number | undefined;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
    this.#policy = readPolicy(parts.settings.paging);
  }

  get state(): MonitorState {
    return this.#state;
  }

  /** When the last round came to its end, by the monitor's time; undefined: none did. */
  get lastRoundMs(): number | undefined {
    return this.#lastRoundMs;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Rounds until stop(). */
  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.round().catch((error: unknown) => {
        // The dead man's switch is not called for a round that failed.
        this.#parts.log.error({ err: error }, 'a round failed');
      });
      await this.#parts.clock.sleep(roundMs, this.#stopping.signal);
    }
  }

  /** One round. Messages are on their way when it is over, and nobody has waited for them. */
  async round(): Promise<void> {
    const { leadership, time } = this.#parts;
    const isLeader = await leadership.renew();
    if (isLeader && !this.#wasLeader) await this.#takeOver();
    this.#wasLeader = isLeader;
    if (isLeader) await this.#doRequests();
    if (isLeader) await this.#decideAndAct();
    if (isLeader) await this.#recover();
    const atMs = time.nowMs();
    this.#lastRoundMs = atMs;
    if (isLeader && isBeatDue({ atMs, isLeader, lastBeatMs: this.#lastBeatMs, lastRoundMs: atMs })) {
      this.#lastBeatMs = atMs;
      void this.#parts.beat();
    }
  }

  /** A person takes an incident, and how; false where there is nothing to take. */
  async acknowledge(incident: string, by: string, how = ''): Promise<boolean> {
    if (!this.#wasLeader || !this.#state.escalations.some((each) => each.incident === incident)) return false;
    const atMs = this.#parts.time.nowMs();
    const entry = { atMs, incident, kind: 'acknowledged', text: `${by} takes it${how && ` (${how})`}` } as const;
    const escalations = acknowledge(this.#state.escalations, incident, by, atMs);
    await this.#keep(addToTimeline({ ...this.#state, escalations }, [entry]));
    void passOnAcknowledgement(incident, this.#state, this.#act());
    return true;
  }

  /** What administrators asked for in the console, and what people answered in chats. */
  async #doRequests(): Promise<void> {
    for (const request of await this.#parts.leadership.takeRequests()) {
      if (request.kind === 'acknowledge') await this.acknowledge(request.incident, request.by, 'console');
      else await this.#apply(request);
    }
    for (const { incident, by } of await this.#parts.readReplies(this.#state.escalations)) {
      await this.acknowledge(incident, by, 'chat');
    }
  }

  async #apply(request: Exclude<OperatorRequest, { readonly kind: 'acknowledge' }>): Promise<void> {
    const atMs = this.#parts.time.nowMs();
    const people = Object.keys(this.#parts.settings.paging.people ?? {});
    this.#state = applyRequest(this.#state, request, { atMs, people });
    // Somebody may stand in now.
    this.#dutyMs = undefined;
    await this.#keep({ ...this.#state, duty: this.#planDuty(atMs) });
  }

  /** What is safe without a person is done, and stands on the timeline. */
  async #recover(): Promise<void> {
    const { sources, settings, recover, readReserve } = this.#parts;
    const input: RecoveryInput = {
      ...{ observations: sources.read(), alerts: this.#state.decision.alerts, rested: this.#state.rested },
      ...{ reserve: await readReserve(), dropSlotsOverBytes: settings.drop_slots_over_bytes },
    };
    const { atMs } = input.observations;
    const { known, texts } = noteHeldBack(this.#heldBack, input.observations);
    this.#heldBack = known;
    const entries = [...noteRestarts(this.#postgresRestarts, input.observations), ...texts];
    let rested = followRested(input);
    for (const recovery of chooseRecoveries(input)) {
      const text = await recover(recovery);
      if (recovery.kind === 'wake-process') rested = rested.filter(({ id }) => id !== recovery.id);
      if (text === undefined) continue;
      entries.push(text);
      if (recovery.kind === 'rest-process') rested.push({ id: recovery.id, name: recovery.name, sickMs: atMs });
    }
    this.#state = { ...this.#state, rested };
    if (entries.length === 0) return;
    const changes = entries.map((text) => ({ atMs, incident: '', kind: 'recovered', text }) as const);
    await this.#keep(addToTimeline(this.#state, changes));
  }

  async #takeOver(): Promise<void> {
    const { leadership, log } = this.#parts;
    this.#state = await leadership.load();
    this.#dutyMs = undefined;
    log.info({ incidents: this.#state.decision.incidents.length }, 'this monitor is the one that pages');
  }

  async #decideAndAct(): Promise<void> {
    const { sources, settings } = this.#parts;
    const observations = sources.read();
    const { atMs } = observations;
    const before = this.#state;
    const decision = decide(before.decision, observations, rules);
    const merged = decision.changes.filter(({ kind }) => kind === 'merged').map(({ incident }) => incident);
    const { escalations, orders } = escalate(before.escalations, {
      ...{ atMs, merged, incidents: decision.state.incidents, policy: this.#policy },
      onDuty: readOnDuty(settings.paging, before.overrides, atMs),
      windows: [...readWindows(settings.paging), ...before.silences],
    });
    const told = orders.map(({ incident, kind, person, ways }) => {
      const text = kind === 'page' ? `${person} is called (${ways})` : `${person} is told that it is over`;
      return { atMs, incident, kind: 'told', text } as const;
    });
    const state = { ...before, decision: decision.state, escalations, duty: this.#planDuty(atMs) };
    for (const { incident, kind, text } of decision.changes) this.#parts.log.warn({ incident, kind }, text);
    const isNews = decision.changes.length > 0 || orders.length > 0;
    // What is sent is stored first: a monitor that dies in between has rather told than forgotten.
    if (isNews || atMs - this.#savedMs >= saveEveryMs)
      await this.#keep(addToTimeline(state, [...decision.changes, ...told]));
    else this.#state = state;
    const act = this.#act();
    const incidents = [...decision.state.incidents, ...before.decision.incidents];
    void Promise.allSettled([
      ...sendOrders(orders, incidents, act),
      ...tellTeam(decision, before.decision.incidents, act),
      ...this.#repeatOpen(atMs, act),
    ]);
  }

  #repeatOpen(atMs: number, act: ActParts): Promise<void>[] {
    if (this.#repeatedMs !== undefined && atMs - this.#repeatedMs < repeatOpenEveryMs) return [];
    this.#repeatedMs = atMs;
    return repeatOpen(this.#state, atMs, act);
  }

  #act(): ActParts {
    return {
      ...this.#parts,
      onUndelivered: (order) => {
        const failed = noteUndelivered(this.#state.escalations, order, this.#parts.time.nowMs());
        this.#state = { ...this.#state, escalations: failed };
      },
    };
  }

  #planDuty(atMs: number): Duty {
    if (
      this.#dutyMs === undefined ||
      atMs - this.#dutyMs >= planEveryMs ||
      atMs >= (this.#duty.shifts[0]?.toMs ?? atMs)
    ) {
      const { paging } = this.#parts.settings;
      const { overrides } = this.#state;
      this.#duty = {
        ...planDuty((at) => readOnDuty(paging, overrides, at), atMs),
        people: Object.keys(paging.people ?? {}),
      };
      this.#dutyMs = atMs;
    }
    return this.#duty;
  }

  async #keep(state: MonitorState): Promise<void> {
    const { leadership, publish, log, time } = this.#parts;
    this.#savedMs = time.nowMs();
    this.#state = { ...state, silenceable, savedMs: this.#savedMs };
    await leadership.save(this.#state);
    await publish(this.#state).catch((error: unknown) =>
      log.warn({ err: error }, 'the status page could not be written'),
    );
  }
}
