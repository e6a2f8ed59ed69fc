import type { Scenario } from './scenario.ts';
import type { World } from './world/start-world.ts';

/** One scenario in one room version, with one of the servers as the resident. */
export interface Act {
  readonly scenario: Scenario;
  readonly version: number;
  readonly residentIndex: 0 | 1;
}

export interface ActResult extends Act {
  readonly seconds: number;
  /** Undefined where everything was as it should be. */
  readonly problem: string | undefined;
}

/** No scenario has so much to do; one that hangs is given up. */
const actDeadlineMs = 180_000;
const actsAtOnce = 3;

/** What is to be played: each scenario in each version that has it, both ways round. */
export function listActs(scenarios: readonly Scenario[], versions: readonly number[]): Act[] {
  return scenarios.flatMap((scenario) =>
    versions
      .filter((version) => version >= (scenario.sinceVersion ?? 1))
      .flatMap((version) => ([0, 1] as const).map((residentIndex) => ({ scenario, version, residentIndex }))),
  );
}

/** Plays some at a time, and those that bear no company afterwards, one by one. */
export async function playActs(
  world: World,
  acts: readonly Act[],
  onResult: (result: ActResult) => void,
): Promise<ActResult[]> {
  const results: ActResult[] = [];
  const play = async (act: Act) => {
    const result = await playAct(world, act);
    results.push(result);
    onResult(result);
  };
  const together = acts.filter(({ scenario }) => !scenario.alone);
  let next = 0;
  const worker = async () => {
    while (next < together.length) await play(together[next++] as Act);
  };
  await Promise.all(Array.from({ length: actsAtOnce }, worker));
  for (const act of acts) if (act.scenario.alone) await play(act);
  return results;
}

async function playAct(world: World, act: Act): Promise<ActResult> {
  const startedMs = performance.now();
  const [resident, visitor] = act.residentIndex === 0 ? world.sides : [world.sides[1], world.sides[0]];
  const playing = (async () => {
    const [host, guest] = [await resident.makeUser('host'), await visitor.makeUser('guest')];
    await act.scenario.play({ resident, visitor, host, guest, version: act.version, world });
  })();
  const problem = await withDeadline(playing).then(
    () => undefined,
    (error: Error) => describe(error),
  );
  return { ...act, seconds: (performance.now() - startedMs) / 1000, problem };
}

async function withDeadline(playing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over within ${actDeadlineMs / 1000} s`)), actDeadlineMs);
  });
  await Promise.race([playing, late]).finally(() => clearTimeout(timer));
}

/** The message and the place in the scenario where it stopped. */
function describe(error: Error): string {
  const place = error.stack?.split('\n').find((line) => line.includes('/scenarios/'));
  const line = /scenarios\/([\w-]+\.ts:\d+)/.exec(place ?? '')?.[1];
  return `${line === undefined ? '' : `${line}: `}${error.message}`;
}
