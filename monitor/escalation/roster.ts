export interface Roster {
  /** IANA's name, such as `Europe/Berlin`: hand-overs follow its clocks, summer time included. */
  readonly timeZone: string;
  /** In the order in which they take over. */
  readonly people: readonly string[];
  /** The day of a hand-over to the first of them, `YYYY-MM-DD`. */
  readonly start: string;
  /** Time of day of the hand-over there, `HH:MM`. */
  readonly handOver: string;
  readonly everyDays: number;
  readonly overrides: readonly DutyOverride[];
}

/** Somebody stands in. Of several at a time the last in the list counts. */
export interface DutyOverride {
  readonly person: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const dayMs = 86_400_000;

/**
 * Who is on duty, and after that person the others in the order in which they would be asked. The turn follows from the
 * date and time of day that the time zone's clocks show, so an hour that is missing or comes twice changes nothing.
 */
export function whoIsOnDuty(roster: Roster, atMs: number): string[] {
  const { people, start, handOver, everyDays, overrides, timeZone } = roster;
  const { dayMs: today, time } = readLocalTime(timeZone, atMs);
  // Before the hand-over it is still the duty of the day before.
  const dutyDayMs = time < handOver ? today - dayMs : today;
  const turns = Math.floor((dutyDayMs - Date.parse(`${start}T00:00:00Z`)) / (everyDays * dayMs));
  const first = ((turns % people.length) + people.length) % people.length;
  const inOrder = [...people.slice(first), ...people.slice(0, first)];
  const override = overrides.findLast(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  return override ? [override.person, ...inOrder.filter((person) => person !== override.person)] : inOrder;
}

/** The date, as midnight of that date in UTC, and the time of day as `HH:MM`. */
function readLocalTime(timeZone: string, atMs: number): { readonly dayMs: number; readonly time: string } {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  });
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return {
    dayMs: Date.parse(`${parts['year']}-${parts['month']}-${parts['day']}T00:00:00Z`),
    time: `${parts['hour']}:${parts['minute']}`,
  };
}
