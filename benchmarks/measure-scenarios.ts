import type { Figure, FigureResults } from './figure-table.ts';
import { installSynapse } from './peers/synapse/install-synapse.ts';

interface ScenarioRun<Scenario> {
  readonly peer: 'holdfast' | 'synapse';
  readonly scenarios: readonly Scenario[];
  readonly scratchFolder: string;
  /** Runs one; throws where something is missing, doubled or wrong. */
  measure(scenario: Scenario, log: (line: string) => void): Promise<Figure[]>;
}

/** Runs scenarios for one server, one after another. One that fails has no figures, and those after it are run. */
export async function measureScenarios<Scenario extends { readonly name: string }>({
  peer,
  scenarios,
  scratchFolder,
  measure,
}: ScenarioRun<Scenario>): Promise<FigureResults> {
  const log = (line: string) => console.error(`[${peer}] ${line}`);
  const figures: Figure[] = [];
  const failures: { scenario: string; error: string }[] = [];
  for (const scenario of scenarios) {
    log(`${scenario.name} ...`);
    try {
      const measured = await measure(scenario, log);
      figures.push(...measured);
      log(measured.map(({ key, value }) => `${key} ${value.toFixed(2)}`).join(', '));
    } catch (error) {
      failures.push({ scenario: scenario.name, error: String(error) });
      log(`${scenario.name} failed: ${String(error)}`);
    }
  }
  const version = peer === 'synapse' ? `Synapse ${(await installSynapse(scratchFolder)).version}` : 'Holdfast';
  return { peer, version, figures, failures };
}
