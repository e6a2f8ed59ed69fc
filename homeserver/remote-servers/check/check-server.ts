import { startDeadline } from '@holdfast/effects/deadline.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServer, type ServerQuestion } from '../ask-server.ts';
import { isServerAllowed } from '../is-server-allowed.ts';
import { ownKeysOf } from '../keys/own-keys.ts';
import { parseServerKeys } from '../keys/parse-server-keys.ts';
import { RemoteServerError } from '../remote-server-error.ts';
import { checkOwnSide, type OwnSide } from './check-own-side.ts';
import { checkRoute } from './check-route.ts';
import { found, hasProblem, type ServerFinding, wrong } from './server-finding.ts';

const timeoutMs = 60_000;
const questionTimeoutMs = 15_000;

/**
 * Goes the whole way to another server and says in words what it found: name, well-known file, DNS, connections,
 * certificates, keys; then whether that server believes our signature, for which it must reach us or have done so; and
 * the way that others take to us, as far as this machine can see it.
 */
export async function checkServer(context: Context, serverName: string): Promise<ServerFinding[]> {
  const deadline = startDeadline(timeoutMs, `checking ${serverName}`, { clock: context.clock });
  try {
    if (serverName === context.serverName) return await checkOwnSide(context, ownSideOf(context), deadline);
    const findings: ServerFinding[] = [];
    if (!isServerAllowed(context, serverName)) {
      findings.push(
        wrong(`${serverName} is not dealt with`, 'see federation.enabled, federation.allow and federation.deny'),
      );
      return findings;
    }
    findings.push(...(await checkRoute(context, serverName, false, deadline)));
    if (!hasProblem(findings)) findings.push(...(await checkAnswers(context, serverName)));
    return [...findings, ...(await checkOwnSide(context, ownSideOf(context), deadline))];
  } finally {
    deadline.finish();
  }
}

async function checkAnswers(context: Context, server: string): Promise<ServerFinding[]> {
  return [
    await checkVersion(context, server),
    await checkKeys(context, server),
    await checkSignedRequest(context, server),
  ];
}

async function checkVersion(context: Context, server: string): Promise<ServerFinding> {
  return ask(context, { server, path: '/_matrix/federation/v1/version', isSigned: false }, (answer) => {
    const software = isJsonObject(answer['server']) ? answer['server'] : {};
    const { name, version } = software;
    return found(`${server} runs ${typeof name === 'string' ? name : 'something'} ${JSON.stringify(version ?? '')}`);
  });
}

async function checkKeys(context: Context, server: string): Promise<ServerFinding> {
  return ask(context, { server, path: '/_matrix/key/v2/server', isSigned: false }, (answer) => {
    const { published, problem } = parseServerKeys(answer, server, context.clock.wallMs());
    if (!published) return wrong(`${server}: ${problem}`, 'what it signs is not believed; tell its operator');
    const until = new Date(published.validUntilTs).toISOString().slice(0, 16);
    const names = [...published.keys.keys()].join(', ');
    if (published.validUntilTs > context.clock.wallMs()) return found(`its keys ${names} are good until ${until}Z`);
    return wrong(`its keys ${names} were good until ${until}Z only`, 'compare the clocks of both machines');
  });
}

/** Asks for something that is only for servers; that it does not exist is an answer. */
async function checkSignedRequest(context: Context, server: string): Promise<ServerFinding> {
  const path = `/_matrix/federation/v1/query/profile?user_id=${encodeURIComponent(`@holdfast.check:${server}`)}`;
  const believed = found(`${server} believes our signature`);
  const finding = await ask(
    context,
    { server, path },
    () => believed,
    (error) => {
      if (error.kind !== 'refused') return undefined;
      if (error.status !== 401) return error.errcode === 'M_FORBIDDEN' ? undefined : believed;
      const text = `${server} does not believe our signature: ${error.message}`;
      return wrong(text, 'it may not reach this server to fetch its keys: see below, and the clocks of both machines');
    },
  );
  return finding;
}

async function ask(
  context: Context,
  question: Pick<ServerQuestion, 'server' | 'path' | 'isSigned'>,
  judge: (answer: Awaited<ReturnType<typeof askServer>>) => ServerFinding,
  judgeError: (error: RemoteServerError) => ServerFinding | undefined = () => undefined,
): Promise<ServerFinding> {
  try {
    const asked = { ...question, method: 'GET', timeoutMs: questionTimeoutMs, evenWhenBackingOff: true } as const;
    return judge(await askServer(context, asked));
  } catch (error) {
    if (!(error instanceof RemoteServerError)) throw error;
    const text = `${question.server}, asked for ${question.path.replace(/\?.*$/, '')}: ${error.message}`;
    return judgeError(error) ?? wrong(text, 'tell its operator');
  }
}

function ownSideOf(context: Context): OwnSide {
  return { serverName: context.serverName, keyIds: [ownKeysOf.of(context).current.keyId] };
}
