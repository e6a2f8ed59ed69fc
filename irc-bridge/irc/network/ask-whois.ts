import type { IrcConnection } from '../connection/irc-connection.ts';
import type { IrcLine } from '../lines/irc-line.ts';

const told = new Set([
  '276',
  '301',
  '307',
  '310',
  '311',
  '312',
  '313',
  '317',
  '318',
  '319',
  '320',
  '330',
  '335',
  '338',
  '378',
  '671',
]);

/** Asks for somebody and gives what the network tells, a line each. Throws IrcRefusal when there is nobody. */
export async function askWhois(connection: IrcConnection, nick: string): Promise<string[]> {
  const folded = connection.fold(nick);
  const isAbout = ({ command, parameters }: IrcLine) =>
    told.has(command) && connection.fold(parameters[1] ?? '') === folded;
  const command = { command: 'WHOIS', parameters: [nick], about: nick, lane: 'whois', collects: isAbout };
  const { lines } = await connection.run(command);
  return lines.filter((line) => line.command !== '318').map(toWords);
}

function toWords({ command, parameters }: IrcLine): string {
  const [, nick = '', ...rest] = parameters;
  const last = rest.at(-1) ?? '';
  if (command === '311') return `${nick} is ${rest[0] ?? ''}@${rest[1] ?? ''} (${last})`;
  if (command === '312') return `on the server ${rest[0] ?? ''} (${last})`;
  if (command === '319') return `in ${last.trim()}`;
  if (command === '330') return `logged in as ${rest[0] ?? ''}`;
  if (command === '317') return `idle for ${rest[0] ?? ''} seconds`;
  if (command === '301') return `away: ${last}`;
  return rest.join(' ');
}
