import { ConfigError, type LoadedConfig } from '../../platform/config/load-config.ts';
import type { Command, CommandTerminal } from '../command.ts';
import { configOptions, loadCommandConfig } from '../load-command-config.ts';
import { checkBackups } from './check-backups.ts';
import { checkCertificates } from './check-certificates.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkDatabase } from './check-database.ts';
import { checkListeners } from './check-listeners.ts';
import { checkMachine } from './check-machine.ts';
import { checkNames } from './check-names.ts';
import { checkRestart } from './check-restart.ts';
import { type Finding, ok, problem } from './finding.ts';
import { tryColdStart } from './try-cold-start.ts';

export const doctorCommand: Command = {
  summary: 'Look at everything that a start needs, and say how to mend what is wrong.',
  options: {
    ...configOptions,
    cold: { type: 'boolean', help: 'Also try a start as after a restart of the machine, in a namespace (needs root).' },
  },
  async run(input, output) {
    const machine = await checkMachine();
    const [loaded, configFindings] = checkConfig(() => loadCommandConfig(input));
    const rest = loaded ? await checkSurroundings(loaded) : [];
    const cold = loaded && input.options['cold'] === true ? await tryColdStart(loaded.config, loaded.file) : [];
    const findings = [...machine, ...configFindings, ...rest, ...cold];
    printFindings(findings, output);
    return findings.some((finding) => finding.verdict === 'problem') ? 1 : 0;
  },
};

function checkConfig(load: () => LoadedConfig): [LoadedConfig | undefined, Finding[]] {
  try {
    const loaded = load();
    return [loaded, [ok(`configuration ${loaded.file ?? 'without a file'}: ${loaded.origins.size} settings`)]];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [undefined, error.problems.map((text) => problem(text, 'edit what the line names, then run this again'))];
  }
}

/** All checks run even when one of them fails in a way that nobody foresaw. */
async function checkSurroundings({ config, file }: LoadedConfig): Promise<Finding[]> {
  const checks = [
    ...[checkDataFolder(config), checkListeners(config), checkDatabase(config)],
    ...[checkCertificates(config), checkRestart(config, file), checkBackups(config), checkNames(config)],
  ];
  const findings = await Promise.all(
    checks.map((check) => check.catch((error: Error) => [problem(error.message, 'see the message')])),
  );
  return findings.flat();
}

function printFindings(findings: readonly Finding[], output: CommandTerminal): void {
  for (const { verdict, what, mend } of findings) {
    output.print(`${verdict.padEnd(9)}${what.replaceAll('\n', '\n         ')}`);
    if (mend) output.print(`         → ${mend}`);
  }
  const count = (verdict: Finding['verdict']) => findings.filter((finding) => finding.verdict === verdict).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  output.print('');
  if (problems > 0) output.print(`${problems} to mend before Holdfast can run, ${warnings} to look at.`);
  else output.print(warnings > 0 ? `Holdfast can run; ${warnings} to look at.` : 'All is well.');
}
