import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { RoomEventFilter } from '@holdfast/protocol/filters/event-filter.ts';
import { parseRoomEventFilter, unfiltered } from '@holdfast/protocol/filters/parse-filter.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';

const encoder = new TextEncoder();

/**
 * The `filter` of a query: a RoomEventFilter as JSON text. Throws M_NOT_JSON, M_BAD_JSON or M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export function parseFilterParameter(text: string | undefined): RoomEventFilter {
  if (text === undefined || text === '') return unfiltered.room;
  const parsed = parseJsonObject(encoder.encode(text));
  if (parsed.problem) throw new MatrixError('M_NOT_JSON', `The filter is not JSON: ${parsed.problem.message}`);
  const { filter, problem } = parseRoomEventFilter(parsed.value);
  if (problem) throw new MatrixError(problem.errcode, problem.error);
  return filter;
}
