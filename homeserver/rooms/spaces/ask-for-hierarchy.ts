import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { askInTurn } from '../remote/ask-in-turn.ts';
import { parseSummary, type RoomSummary } from './room-summary.ts';

/** What another server says of a space and of its children. */
export interface RemoteHierarchy {
  readonly room: RoomSummary;
  readonly childrenState: readonly JsonObject[];
  readonly children: ReadonlyMap<string, RoomSummary>;
  /** Rooms that nobody at this server can see, wherever it asks. */
  readonly inaccessible: ReadonlySet<string>;
}

const timeoutMs = 20_000;
const timeoutEachMs = 8_000;
const mostServers = 5;
const maxBytes = 4 * 1024 * 1024;
const mostChildren = 1_000;
/**
 * Answers should be kept for a while. That no server could be reached is kept shorter, and a refusal not at all: whoever
 * was let in a moment ago is to see the room.
 */
const keepMs = 5 * 60_000;
const keepFailureMs = 30_000;
const mostKept = 1_000;

interface KeptAnswer {
  readonly untilMs: number;
  readonly answer: Promise<Answer>;
}

type Answer = RemoteHierarchy | 'refused' | 'unreachable';

const keptByProcess = new WeakMap<object, BoundedCache<string, KeptAnswer>>();

/**
 * A room that this server is not in, as one of the others tells it; undefined when none of them does. Those who ask for
 * the same room share an answer, which is kept for some minutes.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1hierarchyroomid
 */
export async function askForHierarchy(
  context: Context,
  roomId: string,
  servers: readonly string[],
  suggestedOnly: boolean,
): Promise<RemoteHierarchy | undefined> {
  const others = servers.filter((server) => server !== context.serverName).slice(0, mostServers);
  if (others.length === 0 || !context.config.federation.enabled) return undefined;
  const kept = keptByProcess.get(context.shardLog.tail) ?? new BoundedCache<string, KeptAnswer>(mostKept);
  keptByProcess.set(context.shardLog.tail, kept);
  const key = JSON.stringify([roomId, suggestedOnly, others]);
  const known = kept.get(key);
  const nowMs = context.clock.monotonicMs();
  if (known && known.untilMs > nowMs) return toldBy(await known.answer);
  const answer = ask(context, roomId, others, suggestedOnly);
  kept.set(key, { untilMs: nowMs + keepMs, answer });
  const found = await answer;
  if (found === 'unreachable') kept.set(key, { untilMs: nowMs + keepFailureMs, answer });
  if (found === 'refused') kept.delete(key);
  return toldBy(found);
}

function toldBy(answer: Answer): RemoteHierarchy | undefined {
  return typeof answer === 'string' ? undefined : answer;
}

const refusals: ReadonlySet<string> = new Set(['M_NOT_FOUND', 'M_FORBIDDEN']);

async function ask(
  context: Context,
  roomId: string,
  servers: readonly string[],
  suggestedOnly: boolean,
): Promise<Answer> {
  const path = `/_matrix/federation/v1/hierarchy/${encodeURIComponent(roomId)}?suggested_only=${suggestedOnly}`;
  try {
    const { answer } = await askInTurn(context, servers, { timeoutMs, timeoutEachMs }, async (server, leftMs) => {
      const reply = await askServer(context, { server, method: 'GET', path, timeoutMs: leftMs, maxBytes });
      const hierarchy = parseHierarchy(reply, roomId);
      if (!hierarchy) throw new RemoteServerError('bad-answer', server, 'it did not tell of the room');
      return hierarchy;
    });
    return answer;
  } catch (error) {
    context.log.info({ err: error, roomId }, 'no server tells of a room of a space');
    return error instanceof MatrixError && refusals.has(error.errcode) ? 'refused' : 'unreachable';
  }
}

function parseHierarchy(reply: JsonObject, roomId: string): RemoteHierarchy | undefined {
  const room = parseSummary(reply['room']);
  if (room?.room_id !== roomId) return undefined;
  const childrenState = listOf((reply['room'] as JsonObject)['children_state']).filter(
    (event): event is JsonObject => event !== undefined && isJsonObject(event),
  );
  const children = listOf(reply['children']).flatMap((child) => parseSummary(child) ?? []);
  const inaccessible = listOf(reply['inaccessible_children']).filter((id): id is string => typeof id === 'string');
  return {
    room,
    childrenState,
    children: new Map(children.map((child) => [child.room_id, child])),
    inaccessible: new Set(inaccessible),
  };
}

function listOf(value: JsonValue | undefined): readonly (JsonValue | undefined)[] {
  return Array.isArray(value) ? value.slice(0, mostChildren) : [];
}
