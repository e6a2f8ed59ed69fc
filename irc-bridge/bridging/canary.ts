import type { Timer } from '@holdfast/effects/clock.ts';
import type { IrcMessage } from '../irc/irc-event.ts';
import type { MatrixEvent } from '../matrix/matrix-event.ts';
import { createRoom, inviteUser, joinRoom, registerUser, sendEvent } from '../matrix/send-and-set.ts';
import type { Portal } from '../storage/portals.ts';
import type { BridgeContext, BridgedNetwork } from './bridge-context.ts';
import type { Direction } from './bridge-metrics.ts';
import { connectOnce, readWishes } from './people/connect-speaker.ts';

const localpart = 'irc_canary';
const prefix = 'canary';

/** One direction's condition. */
export interface CanaryCondition {
  readonly roundTripMs: number | undefined;
  /** Since the last one arrived, or since the beginning. */
  readonly ageMs: number;
  readonly isSilent: boolean;
}

interface Watch {
  lastArrivalMs: number;
  roundTripMs: number | undefined;
  isSilent: boolean;
  /** When those that are under way were sent, by their text. */
  readonly underWay: Map<string, number>;
}

const maxUnderWay = 20;
/** How finely the end of the allowed silence is seen; whoever reads the metrics knows of the age to the second. */
const judgementsPerAlarm = 20;
const longestJudgementMs = 1_000;
const directions: readonly Direction[] = ['matrix_to_irc', 'irc_to_matrix'];

/**
 * Sends a message each way through a network, in a channel and a room of their own, and watches that it arrives:
 *
 * - Matrix to IRC: the canary's user says something in the room. It comes here as everybody's messages do, waits in the
 *   outbox, is said by the canary's connection, and has arrived when the bot's connection sees it in the channel.
 * - IRC to Matrix: the canary's connection says something. The bot's connection sees it; it goes through the inbox and has
 *   arrived when the homeserver gives it an event id.
 */
export class Canary {
  readonly #context: BridgeContext;
  readonly #network: BridgedNetwork;
  readonly #watches: Readonly<Record<Direction, Watch>>;
  readonly #timers = new Set<Timer>();
  #count = 0;
  #portal: Portal | undefined;
  #isClosed = false;

  constructor(context: BridgeContext, network: BridgedNetwork) {
    this.#context = context;
    this.#network = network;
    const begin = (): Watch => ({
      ...{ lastArrivalMs: context.clock.monotonicMs(), roundTripMs: undefined, isSilent: false },
      underWay: new Map(),
    });
    this.#watches = { matrix_to_irc: begin(), irc_to_matrix: begin() };
  }

  get userId(): string {
    return `@${localpart}:${this.#context.config.homeserver.serverName}`;
  }

  start(): void {
    const { canary } = this.#network.config;
    if (!canary) return;
    void this.#beat();
    this.#repeat(canary.intervalMs, () => void this.#beat());
    const judgeEveryMs = Math.min(longestJudgementMs, Math.ceil(canary.alarmMs / judgementsPerAlarm));
    this.#repeat(judgeEveryMs, () => this.#judge(canary.alarmMs));
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
  }

  read(): Readonly<Record<Direction, CanaryCondition>> {
    const nowMs = this.#context.clock.monotonicMs();
    const condition = ({ lastArrivalMs, roundTripMs, isSilent }: Watch) => {
      return { roundTripMs, ageMs: nowMs - lastArrivalMs, isSilent };
    };
    const { matrix_to_irc, irc_to_matrix } = this.#watches;
    return { matrix_to_irc: condition(matrix_to_irc), irc_to_matrix: condition(irc_to_matrix) };
  }

  /** Whether a message of IRC is a canary on its way to Matrix; the arrival of one from Matrix is noted here. */
  takeFromIrc(message: IrcMessage): boolean {
    const { config, irc } = this.#network;
    if (message.channel === undefined || irc.fold(message.channel) !== irc.fold(config.canary?.channel ?? ''))
      return false;
    if (this.#arrive('matrix_to_irc', message.text)) return false;
    return this.#watches.irc_to_matrix.underWay.has(message.text);
  }

  /** The homeserver has an event with this text. */
  noteOnMatrix(text: string): void {
    this.#arrive('irc_to_matrix', text);
  }

  /** Whether an event of the canary's room is a canary to be said on IRC. */
  isFromMatrix(event: MatrixEvent): boolean {
    return event.sender === this.userId && event.room_id === this.#portal?.roomId;
  }

  #repeat(intervalMs: number, run: () => void): void {
    if (this.#isClosed) return;
    const timer = this.#context.clock.startTimer(intervalMs, () => {
      this.#timers.delete(timer);
      run();
      this.#repeat(intervalMs, run);
    });
    this.#timers.add(timer);
  }

  /** Both directions are sent to. What fails is told by its silence. */
  async #beat(): Promise<void> {
    await Promise.allSettled([
      this.#send('matrix_to_irc', (text) => this.#sayOnMatrix(text)),
      this.#send('irc_to_matrix', (text) => this.#sayOnIrc(text)),
    ]);
  }

  async #send(direction: Direction, say: (text: string) => Promise<void>): Promise<void> {
    const { underWay } = this.#watches[direction];
    this.#count += 1;
    const text = `${prefix} ${direction} ${this.#count} ${this.#context.random.token(6)}`;
    underWay.set(text, this.#context.clock.monotonicMs());
    for (const old of underWay.keys()) if (underWay.size > maxUnderWay) underWay.delete(old);
    try {
      await say(text);
    } catch (error) {
      this.#context.log.debug({ err: error, direction }, 'the canary could not be sent');
    }
  }

  async #sayOnMatrix(text: string): Promise<void> {
    const { roomId } = await this.#openRoom();
    const content = { msgtype: 'm.text', body: text };
    const timeoutMs = this.#network.config.canary?.intervalMs ?? 30_000;
    const options = { as: this.userId, timeoutMs };
    await sendEvent(
      this.#context.matrix,
      roomId,
      'm.room.message',
      `canary.${text.split(' ').at(-1)}`,
      content,
      options,
    );
  }

  async #sayOnIrc(text: string): Promise<void> {
    const { irc, config } = this.#network;
    await this.#openRoom();
    const channel = config.canary?.channel ?? '';
    if (!irc.isConnected) throw new Error('IRC is away');
    if (irc.nickOf(this.userId) === undefined) {
      // With the same wishes as when it speaks from its room: there is one connection, whoever asks first.
      const wishes = await readWishes(this.#context, this.#network, this.userId, undefined);
      if (wishes) await connectOnce(irc, this.userId, wishes);
    }
    await irc.join(this.userId, channel);
    await irc.say({ speaker: this.userId, target: channel, kind: 'notice', text });
  }

  /** The canary's room, made at the first time. */
  async #openRoom(): Promise<Portal> {
    if (this.#portal) return this.#portal;
    const { matrix, portals } = this.#context;
    const { config, irc } = this.#network;
    const channel = config.canary?.channel ?? '';
    const target = irc.fold(channel);
    let portal = portals.ofTarget(config.id, target);
    if (!portal) {
      await registerUser(matrix, localpart);
      const roomId = await createRoom(matrix, {
        isPublic: false,
        name: `Canary of ${config.name}`,
        invite: [this.userId],
      });
      const place = { roomId, network: config.id, target, displayTarget: channel, userId: '' };
      portal = { ...place, kind: 'canary', channelKey: null, isEncrypted: false };
      if (!(await portals.add(portal))) throw new Error('the canary’s channel is bridged already');
    }
    await inviteUser(matrix, portal.roomId, this.userId).catch(() => {});
    await joinRoom(matrix, portal.roomId, this.userId);
    await irc.join(undefined, channel);
    this.#portal = portal;
    return portal;
  }

  #arrive(direction: Direction, text: string): boolean {
    const { clock, metrics, log } = this.#context;
    const watch = this.#watches[direction];
    const sentMs = watch.underWay.get(text);
    if (sentMs === undefined) return false;
    watch.underWay.delete(text);
    watch.lastArrivalMs = clock.monotonicMs();
    watch.roundTripMs = watch.lastArrivalMs - sentMs;
    const labels = { network: this.#network.config.id, direction };
    metrics.canaryRoundTrip.observe(labels, watch.roundTripMs / 1000);
    metrics.canaryInterval.set(labels, (this.#network.config.canary?.intervalMs ?? 0) / 1000);
    if (watch.isSilent) log.info(labels, 'the canary arrives again');
    watch.isSilent = false;
    return true;
  }

  #judge(alarmMs: number): void {
    const { clock, metrics, log } = this.#context;
    for (const direction of directions) {
      const watch = this.#watches[direction];
      const ageMs = clock.monotonicMs() - watch.lastArrivalMs;
      const labels = { network: this.#network.config.id, direction };
      const isSilent = ageMs >= alarmMs;
      if (isSilent && !watch.isSilent) log.error({ ...labels, ageMs }, 'no canary arrives: this direction is silent');
      watch.isSilent = isSilent;
      metrics.canaryAge.set(labels, ageMs / 1000);
      metrics.canaryAlarm.set(labels, isSilent ? 1 : 0);
    }
  }
}
