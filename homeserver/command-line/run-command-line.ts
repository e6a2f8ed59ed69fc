import { parseArgs } from 'node:util';
import { ConfigError } from '../platform/config/load-config.ts';
import { suggestKey } from '../platform/config/suggest-key.ts';
import { type Command, CommandError, type CommandInput, type CommandTerminal } from './command.ts';

/** By name; a name may have two words. Loaded when called, so that a small command does not wait for the server's code. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand,
  doctor: async () => (await import('./doctor/doctor.ts')).doctorCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  monitor: async () => (await import('./monitor-commands.ts')).monitorCommand,
  'monitor test': async () => (await import('./monitor-commands.ts')).monitorTestCommand,
  'monitor duty': async () => (await import('./duty-commands.ts')).monitorDutyCommand,
  'monitor override': async () => (await import('./duty-commands.ts')).monitorOverrideCommand,
  'monitor end-override': async () => (await import('./duty-commands.ts')).monitorEndOverrideCommand,
  'maintenance list': async () => (await import('./maintenance-commands.ts')).maintenanceListCommand,
  'maintenance add': async () => (await import('./maintenance-commands.ts')).maintenanceAddCommand,
  'maintenance remove': async () => (await import('./maintenance-commands.ts')).maintenanceRemoveCommand,
  'config check': async () => (await import('./config-commands.ts')).configCheckCommand,
  'config reference': async () => (await import('./config-commands.ts')).configReferenceCommand,
  'config schema': async () => (await import('./config-commands.ts')).configSchemaCommand,
  'user create': async () => (await import('./user-commands.ts')).userCreateCommand,
  'user reset-password': async () => (await import('./user-commands.ts')).userResetPasswordCommand,
  'user deactivate': async () => (await import('./user-commands.ts')).userDeactivateCommand,
  'user set-admin': async () => (await import('./user-commands.ts')).userSetAdminCommand,
  'user set-locked': async () => (await import('./user-commands.ts')).userSetLockedCommand,
  'key rotate': async () => (await import('./key-rotate-command.ts')).keyRotateCommand,
  'token create': async () => (await import('./token-commands.ts')).tokenCreateCommand,
  'token list': async () => (await import('./token-commands.ts')).tokenListCommand,
  'token revoke': async () => (await import('./token-commands.ts')).tokenRevokeCommand,
  'federation check': async () => (await import('./federation-check-command.ts')).federationCheckCommand,
  'federation status': async () => (await import('./federation-status-command.ts')).federationStatusCommand,
  'appservice status': async () => (await import('./appservice-commands.ts')).appserviceStatusCommand,
  'appservice pause': async () => (await import('./appservice-commands.ts')).appservicePauseCommand,
  'appservice resume': async () => (await import('./appservice-commands.ts')).appserviceResumeCommand,
  'appservice skip': async () => (await import('./appservice-commands.ts')).appserviceSkipCommand,
  'backup now': async () => (await import('./backup-commands.ts')).backupNowCommand,
  'backup list': async () => (await import('./backup-commands.ts')).backupListCommand,
  'backup verify': async () => (await import('./backup-commands.ts')).backupVerifyCommand,
  'database upgrade': async () => (await import('./database-commands.ts')).databaseUpgradeCommand,
  'database discard': async () => (await import('./database-commands.ts')).databaseDiscardCommand,
  'database drop-slot': async () => (await import('./database-slot-command.ts')).databaseDropSlotCommand,
  'deploy patroni': async () => (await import('./deploy/deploy-patroni-command.ts')).deployPatroniCommand,
  'restore media': async () => (await import('./restore-command.ts')).restoreMediaCommand,
  restore: async () => (await import('./restore-command.ts')).restoreCommand,
  version: async () => (await import('./version.ts')).versionCommand,
};

/** Exit code for a line that makes no sense. */
const wrongUsage = 2;

/** Runs one line of `holdfast` and gives the exit code: 0 well, 1 not well, 2 not understood. */
export async function runCommandLine(args: readonly string[], output: CommandTerminal): Promise<number> {
  const found = findCommand(args);
  if (!found) return explainUnknown(args, output);
  const command = await found.load();
  if (found.rest.includes('--help') || found.rest.includes('-h')) {
    output.print(formatHelp(found.name, command));
    return 0;
  }
  let input: CommandInput;
  try {
    input = parseInput(command, found.rest);
  } catch (error) {
    output.printError(`${(error as Error).message}\n\n${formatHelp(found.name, command)}`);
    return wrongUsage;
  }
  try {
    return await command.run(input, output);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof CommandError) output.printError(error.message);
    else output.printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}

function findCommand(args: readonly string[]) {
  for (const wordCount of [2, 1]) {
    const name = args.slice(0, wordCount).join(' ');
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load) return { name, load, rest: args.slice(wordCount) };
  }
  return undefined;
}

async function explainUnknown(args: readonly string[], output: CommandTerminal): Promise<number> {
  const [first = ''] = args;
  if (first === '' || first === 'help' || first === '--help' || first === '-h') {
    output.print(await formatOverview());
    return 0;
  }
  if (first === '--version' || first === '-v') return runCommandLine(['version'], output);
  const written = args.filter((arg) => !arg.startsWith('-')).slice(0, 2);
  const names = Object.keys(commands);
  const meant = suggestKey(written.join(' '), names) ?? suggestKey(first, names);
  const group = names.filter((name) => name.startsWith(`${first} `));
  if (meant) output.printError(`There is no command "${written.join(' ')}"; did you mean "holdfast ${meant}"?`);
  else if (group.length > 0) output.printError(`holdfast ${first}: one of ${group.join(', ')}`);
  else output.printError(`There is no command "${first}".\n\n${await formatOverview()}`);
  return wrongUsage;
}

function parseInput(command: Command, rest: readonly string[]): CommandInput {
  const { values, positionals } = parseArgs({
    args: [...rest],
    options: command.options,
    allowPositionals: command.usage !== undefined,
    strict: true,
  });
  return { options: values as CommandInput['options'], words: positionals };
}

async function formatOverview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(21)}${(await load()).summary}`),
  );
  return [
    'holdfast COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'holdfast COMMAND --help tells more. Settings: docs/operating/configuration.md',
  ].join('\n');
}

function formatHelp(name: string, command: Command): string {
  const options = Object.entries(command.options).map(([option, { type, help }]) => {
    const written = type === 'string' ? `--${option} VALUE` : `--${option}`;
    return `  ${written.padEnd(22)}${help}`;
  });
  const usage = `holdfast ${name}${command.usage ? ` ${command.usage}` : ''}${options.length > 0 ? ' [OPTIONS]' : ''}`;
  return [usage, '', command.summary, ...(options.length > 0 ? ['', ...options] : [])].join('\n');
}
