import type { LocalJoin } from '../../storage/rooms/read-local-joins.ts';
import type { ApplicationService } from '../registrations/application-service.ts';

/** Spans are kept joined together; one that is over is of use to readers that are behind. */
interface ServiceSpans {
  /** Positions at which somebody of the service was joined, in order: from `from` on, before `to`. */
  readonly spans: { from: number; to: number }[];
  /** How many are joined now. */
  joined: number;
}

/** Which services want what happens in a room, and since when, kept exact by the member events in the log. */
export class RoomInterest {
  readonly #services: readonly ApplicationService[];
  readonly #byService = new Map<ApplicationService, ServiceSpans>();
  /** Those whose rooms or aliases it is: they want all of it. */
  readonly #always: ReadonlySet<ApplicationService>;
  /** Nothing is known of those who had left up to there. */
  readonly since: number;
  /** Changes up to there are contained. */
  position: number;

  constructor(
    services: readonly ApplicationService[],
    known: {
      readonly roomId: string;
      readonly aliases: readonly string[];
      readonly joins: readonly LocalJoin[];
      readonly since: number;
      readonly position: number;
    },
  ) {
    this.#services = services;
    this.since = known.since;
    this.position = known.position;
    this.#always = new Set(
      services.filter((service) => service.hasRoom(known.roomId) || known.aliases.some((one) => service.hasAlias(one))),
    );
    const byStart = known.joins.toSorted((a, b) => a.from - b.from);
    for (const service of services) {
      const own = byStart.filter(({ userId }) => service.hasUser(userId));
      if (own.length > 0) this.#byService.set(service, joinSpans(own));
    }
  }

  /** Whether a service wants an entry of the room at a position. */
  wants(service: ApplicationService, position: number): boolean {
    if (this.#always.has(service)) return true;
    const spans = this.#byService.get(service)?.spans;
    if (!spans) return false;
    // The newest spans are asked for most.
    for (let index = spans.length - 1; index >= 0; index--) {
      const { from, to } = spans[index] as { from: number; to: number };
      if (position >= from) return position < to;
    }
    return false;
  }

  apply(position: number, userId: string, wasJoined: boolean, isJoined: boolean): void {
    if (wasJoined === isJoined) return;
    for (const service of this.#services) {
      if (!service.hasUser(userId)) continue;
      let known = this.#byService.get(service);
      if (!known) this.#byService.set(service, (known = { spans: [], joined: 0 }));
      known.joined = Math.max(0, known.joined + (isJoined ? 1 : -1));
      const last = known.spans.at(-1);
      if (isJoined && known.joined === 1) known.spans.push({ from: position, to: Infinity });
      else if (known.joined === 0 && last) last.to = position;
    }
  }
}

function joinSpans(byStart: readonly LocalJoin[]): ServiceSpans {
  const spans: { from: number; to: number }[] = [];
  for (const { from, to } of byStart) {
    const last = spans.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
  }
  return { spans, joined: byStart.filter(({ to }) => to === Infinity).length };
}
