/** Who is asked now, in their order, and who is on duty when. */
export interface Duty {
  readonly order: readonly string[];
  readonly shifts: readonly Shift[];
  /** All who may stand in. */
  readonly people: readonly string[];
}

export interface Shift {
  readonly person: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const stepMs = 3_600_000;
const minuteMs = 60_000;
const aheadMs = 28 * 86_400_000;
const mostShifts = 20;

/** The shifts of the next four weeks, to a minute; an override of less than an hour may be left out. The first one begins now. */
export function planDuty(whoIsOnDuty: (atMs: number) => readonly string[], atMs: number): Omit<Duty, 'people'> {
  const order = whoIsOnDuty(atMs);
  if (order.length === 0) return { order, shifts: [] };
  const shifts: Shift[] = [];
  let current = { person: order[0] ?? '', fromMs: atMs };
  for (let nextMs = atMs + stepMs; nextMs < atMs + aheadMs && shifts.length < mostShifts; nextMs += stepMs) {
    const [person = ''] = whoIsOnDuty(nextMs);
    if (person === current.person) continue;
    const changeMs = findChange((at) => whoIsOnDuty(at)[0] === person, nextMs - stepMs, nextMs);
    shifts.push({ ...current, toMs: changeMs });
    current = { person, fromMs: changeMs };
  }
  return { order, shifts: [...shifts, { ...current, toMs: atMs + aheadMs }].slice(0, mostShifts) };
}

/** The first full minute at which it is so; it is not at `fromMs`, and is at `toMs`. */
function findChange(isSo: (atMs: number) => boolean, fromMs: number, toMs: number): number {
  let [before, after] = [Math.floor(fromMs / minuteMs), Math.ceil(toMs / minuteMs)];
  while (after - before > 1) {
    const middle = (before + after) >> 1;
    if (isSo(middle * minuteMs)) after = middle;
    else before = middle;
  }
  return after * minuteMs;
}
