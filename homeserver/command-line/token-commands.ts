import {
  createRegistrationToken,
  deleteRegistrationToken,
  listRegistrationTokens,
} from '../accounts/registration-tokens.ts';
import type { RegistrationTokenRow } from '../storage/accounts/read-registration-tokens.ts';
import { type Command, CommandError } from './command.ts';
import { configOptions } from './load-command-config.ts';
import { withContext } from './with-context.ts';
import { withRecord } from './with-record.ts';

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const mostUses = 1_000_000;

export const tokenCreateCommand: Command = {
  summary: 'Make a registration token, with which people can make an account.',
  options: {
    ...configOptions,
    token: { type: 'string', help: 'The token itself; otherwise one is made up.' },
    uses: { type: 'string', help: 'For how many accounts; otherwise any number.' },
    expires: { type: 'string', help: 'For how long, such as 30m, 12h, 7d or 2w; otherwise for good.' },
  },
  async run({ options, words }, terminal) {
    const { token, uses, expires } = options;
    const usesAllowed = typeof uses === 'string' ? parseUses(uses) : undefined;
    const lifetimeMs = typeof expires === 'string' ? parseLifetime(expires) : undefined;
    return withRecord({ options, words }, { operation: 'createRegistrationToken', target: '' }, async (context) => {
      const expiresMs = lifetimeMs === undefined ? undefined : context.clock.wallMs() + lifetimeMs;
      const wanted = { token: typeof token === 'string' ? token : undefined, usesAllowed, expiresMs };
      terminal.print(await createRegistrationToken(context, wanted));
      return 0;
    });
  },
};

export const tokenListCommand: Command = {
  summary: 'List the registration tokens.',
  options: configOptions,
  async run(input, terminal) {
    return withContext(input, async (context) => {
      const rows = await listRegistrationTokens(context);
      for (const row of rows) terminal.print(formatToken(row));
      if (rows.length === 0) terminal.print('There are none.');
      return 0;
    });
  },
};

export const tokenRevokeCommand: Command = {
  summary: 'Take a registration token back: nobody can make an account with it any more.',
  usage: 'TOKEN',
  options: configOptions,
  async run(input, terminal) {
    const [token] = input.words;
    if (token === undefined || input.words.length > 1) throw new CommandError('It takes one TOKEN.');
    return withRecord(input, { operation: 'deleteRegistrationToken', target: token }, async (context) => {
      const rows = await listRegistrationTokens(context);
      if (!rows.some((row) => row.token === token)) throw new CommandError(`There is no token ${token}.`);
      await deleteRegistrationToken(context, token);
      terminal.print(`revoked ${token}`);
      return 0;
    });
  },
};

function formatToken({ token, usesAllowed, completed, pending, expiresMs, isExpired }: RegistrationTokenRow): string {
  const used = `used ${completed}${usesAllowed === null ? '' : ` of ${usesAllowed}`}`;
  const waiting = pending > 0 ? `, ${pending} under way` : '';
  const until = expiresMs === null ? '' : `, ${isExpired ? 'over since' : 'until'} ${formatTime(expiresMs)}`;
  return `${token}  ${used}${waiting}${until}`;
}

function formatTime(timestampMs: number): string {
  return `${new Date(timestampMs).toISOString().slice(0, 16)}Z`;
}

function parseUses(written: string): number {
  const uses = Number(written);
  if (/^\d+$/.test(written) && uses >= 1 && uses <= mostUses) return uses;
  throw new CommandError(`--uses is a whole number from 1 to ${mostUses}.`);
}

function parseLifetime(written: string): number {
  const [, count, unit] = /^(\d{1,4})([mhdw])$/.exec(written) ?? [];
  const lifetimeMs = Number(count) * (unitMs[unit ?? ''] ?? 0);
  if (lifetimeMs > 0) return lifetimeMs;
  throw new CommandError('--expires is a number with m, h, d or w, such as 7d.');
}
