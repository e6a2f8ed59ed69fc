import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import type { EventReference, JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Random } from '../random.ts';

/** A place in the room as the hostile server has it: what it says next comes after this, and is allowed by it. */
export interface Branch {
  readonly prev: readonly EventReference[];
  /** By `type state_key`. */
  readonly auth: ReadonlyMap<string, EventReference>;
  readonly powers: JsonObject;
}

/** A state event that is allowed where it stands, whatever others say elsewhere. */
export interface AdminDraft {
  readonly branch: Branch;
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

const mostBranches = 12;

/**
 * What an administrator does who says different things to different servers: from one place it goes on in many ways, each
 * allowed, and each server hears of another one first. Residents keep their power: they must be able to go on.
 */
export class Equivocation {
  readonly #branches: Branch[];
  readonly #guestIds: readonly string[];

  constructor(start: Branch, guestIds: readonly string[]) {
    this.#branches = [start];
    this.#guestIds = guestIds;
  }

  choose(random: Random): AdminDraft {
    const branch = random.pick(this.#branches) as Branch;
    const guest = random.pick(this.#guestIds) as string;
    const level = random.pick([-1, 0, 10, 50, 99]) as number;
    const users = (branch.powers['users'] ?? {}) as JsonObject;
    const choices: (() => Pick<AdminDraft, 'type' | 'stateKey' | 'content'>)[] = [
      () => powers({ ...branch.powers, users: { ...users, [guest]: level } }),
      () => powers({ ...branch.powers, events_default: random.pick([0, 10, 50]) as number }),
      () => powers({ ...branch.powers, users_default: random.pick([0, 10]) as number }),
      () => powers({ ...branch.powers, ban: level, kick: level, redact: 50 }),
      () => ({ ...member(guest), content: { membership: 'ban', reason: `${level}` } }),
      () => state('m.room.topic', { topic: `hostile topic ${random.integer(1_000)}` }),
      () => state('m.room.join_rules', { join_rule: random.pick(['public', 'invite']) as string }),
      // Servers that are in no simulation: who is denied here does not learn what the others know, and need not.
      () => state('m.room.server_acl', { allow: ['*'], deny: [`*.nowhere-${random.integer(9)}.test`] }),
    ];
    return { branch, ...(random.pick(choices) as () => Pick<AdminDraft, 'type' | 'stateKey' | 'content'>)() };
  }

  /** From now on there is this place, too. */
  keep({ branch, type, stateKey }: AdminDraft, event: BuiltEvent, reference: EventReference): void {
    const auth = new Map([...branch.auth, [`${type} ${stateKey}`, reference]]);
    const isPowers = type === 'm.room.power_levels';
    this.#branches.push({ prev: [reference], auth, powers: isPowers ? event.pdu.content : branch.powers });
    if (this.#branches.length > mostBranches) this.#branches.splice(1, 1);
  }
}

function powers(content: JsonObject) {
  return state('m.room.power_levels', content);
}

function state(type: string, content: JsonObject) {
  return { type, stateKey: '', content };
}

function member(stateKey: string) {
  return { type: 'm.room.member', stateKey };
}
