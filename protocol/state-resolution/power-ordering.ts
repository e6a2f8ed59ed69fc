import { parsePowerLevels, userPowerLevel } from '../authorization/power-levels.ts';
import type { IdentifiedPdu } from '../events/pdu.ts';
import { createEventIdOfRoomId } from '../identifiers/room-id.ts';
import { compareEventIds } from './compare-event-ids.ts';
import { createEventHeap } from './event-heap.ts';
import { authEventIdsOf, findAuthEvent, type ResolutionInput, requireEvent } from './resolution-input.ts';
import { powerLevelsSteps, type StepCounter } from './step-counter.ts';

/**
 * True for an event that may take somebody's ability to do something away.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions (power events)
 */
export function isPowerEvent({ pdu }: IdentifiedPdu): boolean {
  if (pdu.type === 'm.room.power_levels' || pdu.type === 'm.room.join_rules') return pdu.state_key !== undefined;
  if (pdu.type !== 'm.room.member' || pdu.state_key === undefined || pdu.state_key === pdu.sender) return false;
  const membership = pdu.content['membership'];
  return membership === 'leave' || membership === 'ban';
}

interface PowerNode {
  readonly event: IdentifiedPdu;
  readonly senderLevel: number;
  /** Auth events within the set that are not ordered yet. */
  waitingFor: number;
  readonly referencedBy: PowerNode[];
}

/**
 * The power events of the full conflicted set, with those of their auth events that belong to it, in reverse
 * topological power ordering.
 *
 * A chain is followed only while it stays within the full conflicted set: so do the other implementations, and a
 * server that reads the definition more widely would resolve differently from them.
 * https://spec.matrix.org/v1.19/rooms/v2/#definitions
 */
export function* orderPowerEvents(
  input: ResolutionInput,
  fullConflictedSet: ReadonlySet<string>,
  steps: StepCounter,
): Generator<void, IdentifiedPdu[]> {
  const nodes = yield* buildPowerNodes(input, fullConflictedSet, steps);
  const ready = createEventHeap(comparePowerNodes);
  for (const node of nodes.values()) if (node.waitingFor === 0) ready.push(node);
  const ordered: IdentifiedPdu[] = [];
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    if (steps.spend(4)) yield;
    ordered.push(node.event);
    for (const reference of node.referencedBy) {
      reference.waitingFor -= 1;
      if (reference.waitingFor === 0) ready.push(reference);
    }
  }
  return ordered;
}

function* buildPowerNodes(
  input: ResolutionInput,
  fullConflictedSet: ReadonlySet<string>,
  steps: StepCounter,
): Generator<void, Map<string, PowerNode>> {
  const nodes = new Map<string, PowerNode>();
  const readLevels = new Set<string>();
  for (const eventId of fullConflictedSet) {
    if (steps.spend(4)) yield;
    const event = requireEvent(input, eventId);
    if (isPowerEvent(event)) nodes.set(eventId, yield* makePowerNode(input, event, readLevels, steps));
  }
  // A Map is walked in the order of insertion, so what is added below is still visited.
  for (const node of nodes.values()) {
    if (steps.spend(4)) yield;
    for (const authEventId of authEventIdsOf(node.event)) {
      if (!fullConflictedSet.has(authEventId)) continue;
      let authNode = nodes.get(authEventId);
      if (authNode === undefined) {
        authNode = yield* makePowerNode(input, requireEvent(input, authEventId), readLevels, steps);
        nodes.set(authEventId, authNode);
      }
      authNode.referencedBy.push(node);
      node.waitingFor += 1;
    }
  }
  return nodes;
}

/** With the power level of the event's sender as its own auth events give it. */
function* makePowerNode(
  input: ResolutionInput,
  event: IdentifiedPdu,
  readLevels: Set<string>,
  steps: StepCounter,
): Generator<void, PowerNode> {
  const { rules } = input;
  const levelsEvent = findAuthEvent(input, event, 'm.room.power_levels');
  // Power levels are parsed at first sight only.
  const isNew = levelsEvent !== undefined && !readLevels.has(levelsEvent.eventId);
  if (isNew) readLevels.add(levelsEvent.eventId);
  const powerLevels = parsePowerLevels(rules, levelsEvent);
  if (steps.spend(isNew ? powerLevelsSteps(powerLevels) : 4)) yield;
  const create = rules.roomIdIsCreateHash
    ? input.getEvent(createEventIdOfRoomId(event.roomId))
    : findAuthEvent(input, event, 'm.room.create');
  const senderLevel = userPowerLevel(rules, powerLevels, create, event.pdu.sender);
  return { event, senderLevel, waitingFor: 0, referencedBy: [] };
}

function comparePowerNodes(left: PowerNode, right: PowerNode): number {
  // Infinity minus Infinity is no number, hence the comparison first.
  if (left.senderLevel !== right.senderLevel) return right.senderLevel - left.senderLevel;
  return compareByTime(left.event, right.event);
}

/** The earlier `origin_server_ts` first, then the smaller event id. */
export function compareByTime(left: IdentifiedPdu, right: IdentifiedPdu): number {
  return left.pdu.origin_server_ts - right.pdu.origin_server_ts || compareEventIds(left.eventId, right.eventId);
}
