import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { ResolutionInput } from '@holdfast/protocol/state-resolution/resolution-input.ts';
import { resolveState } from '@holdfast/protocol/state-resolution/resolve-state.ts';
import type { StateMap } from '@holdfast/protocol/state-resolution/state-map.ts';

/** What a server may do differently from the others, to see whether the simulation notices. */
export interface ServerBehaviour {
  resolve(input: ResolutionInput): StateMap;
  /** True where the server takes an event that the state before it forbids. */
  readonly ignoresStateBefore: boolean;
}

export const soundBehaviour: ServerBehaviour = { resolve: resolveState, ignoresStateBefore: false };

/** Faults by name, each planted in one server only. */
const plantedFaults: Readonly<Record<string, ServerBehaviour>> = {
  'broken-tie-break': { ...soundBehaviour, resolve: resolveWithTimesReversed },
  'first-branch-wins': { ...soundBehaviour, resolve: ({ stateSets }) => stateSets[0] ?? new Map() },
  'no-auth-chains': { ...soundBehaviour, resolve: (input) => resolveState({ ...input, getAuthEventIds: () => [] }) },
  'older-algorithm': { ...soundBehaviour, resolve: resolveByOlderAlgorithm },
  'takes-rejected-events': { ...soundBehaviour, ignoresStateBefore: true },
};

export function plantedFaultNames(): string[] {
  return Object.keys(plantedFaults);
}

export function plantedFault(name: string): ServerBehaviour | undefined {
  return Object.hasOwn(plantedFaults, name) ? plantedFaults[name] : undefined;
}

/** Of two events of equal standing, the later one counts as the earlier. */
function resolveWithTimesReversed(input: ResolutionInput): StateMap {
  const reversed = new Map<string, IdentifiedPdu>();
  const getEvent = (eventId: string): IdentifiedPdu | undefined => {
    const event = input.getEvent(eventId);
    if (event === undefined || reversed.has(eventId)) return reversed.get(eventId);
    const pdu = { ...event.pdu, origin_server_ts: -event.pdu.origin_server_ts, depth: -event.pdu.depth };
    reversed.set(eventId, { ...event, pdu });
    return reversed.get(eventId);
  };
  return resolveState({ ...input, getEvent });
}

function resolveByOlderAlgorithm(input: ResolutionInput): StateMap {
  const older: RoomVersionRules['stateResolution'] = input.rules.stateResolution === 'v2.1' ? 'v2' : 'v1';
  return resolveState({ ...input, rules: { ...input.rules, stateResolution: older } });
}
