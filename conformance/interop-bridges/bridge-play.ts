import type { BridgeWorld } from './world/start-bridge-world.ts';

/** Does one thing that has to work; what follows is tried also when it does not, as far as it can be. */
export type Act = (name: string, play: () => Promise<void>) => Promise<void>;

/** A bridge that others wrote, and what is tried with it. */
export interface BridgePlay {
  readonly name: string;
  /**
   * Installs it, registers it, and plays. Gives the version that was installed. Throws where nothing can be tried; its
   * processes end with it.
   */
  play(world: BridgeWorld, act: Act): Promise<string>;
}

export interface ActResult {
  readonly bridge: string;
  readonly act: string;
  readonly seconds: number;
  /** Undefined where everything was as it should be. */
  readonly problem: string | undefined;
}

/** Plays one bridge, and says what came of each act. */
export async function playBridge(
  bridge: BridgePlay,
  world: BridgeWorld,
  onResult: (result: ActResult) => void,
): Promise<{ readonly results: readonly ActResult[]; readonly version: string | undefined }> {
  const results: ActResult[] = [];
  const note = (act: string, startedMs: number, problem?: string) => {
    const result = { bridge: bridge.name, act, seconds: (performance.now() - startedMs) / 1000, problem };
    results.push(result);
    onResult(result);
  };
  const act: Act = async (name, play) => {
    const startedMs = performance.now();
    try {
      await play();
      note(name, startedMs);
    } catch (error) {
      note(name, startedMs, describe(error as Error));
    }
  };
  const startedMs = performance.now();
  try {
    return { results, version: await bridge.play(world, act) };
  } catch (error) {
    note('can be played at all', startedMs, describe(error as Error));
    return { results, version: undefined };
  }
}

/** The message and the place in the play where it stopped. */
function describe(error: Error): string {
  const place = /bridges\/([\w-]+\.ts:\d+)/.exec(error.stack ?? '')?.[1];
  return `${place === undefined ? '' : `${place}: `}${error.message}`;
}
