import { type AuthState, domainOf, membershipOf } from '@holdfast/protocol/authorization/auth-state.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Draft } from './make-event.ts';
import type { Random } from './random.ts';
import { makeSimulatedKey, simulatedCrypto } from './simulated-crypto.ts';

/** What an action is chosen by: who may act, and the state of the room as the actor's server sees it. */
export interface ActionScene {
  readonly random: Random;
  readonly rules: RoomVersionRules;
  /**
   * The room's first member, whose membership never changes. Without anybody who is in the room in every state, a room
   * can die out, and branches that soft-fail each other's events can stay apart for ever.
   */
  readonly founder: string;
  readonly userIds: readonly string[];
  readonly state: AuthState;
  /** Events that the server knows. */
  readonly eventIds: readonly string[];
}

type DraftMaker = (scene: ActionScene, actor: string) => Draft | undefined;

const identityServer = makeSimulatedKey('identity.example');

/** Each action as often as its weight says. */
const weightedMakers: readonly (readonly [weight: number, maker: DraftMaker])[] = [
  [14, sendMessage],
  [7, setTopic],
  [9, joinRoom],
  [4, leaveRoom],
  [5, (scene, actor) => moderate(scene, actor, 'invite')],
  [5, (scene, actor) => moderate(scene, actor, 'ban')],
  [6, (scene, actor) => moderate(scene, actor, 'leave')],
  [10, changePowerLevels],
  [5, changeJoinRules],
  [2, knockOnRoom],
  [2, inviteThirdParty],
  [2, redeemThirdPartyInvite],
  [2, redactEvent],
  [1, setAliases],
];

const makers = weightedMakers.flatMap(([weight, maker]) => Array.from({ length: weight }, () => maker));

/** Something that an actor might try to do. Whether it is allowed is another question. */
export function chooseDraft(scene: ActionScene, actor: string): Draft | undefined {
  return scene.random.pick(makers)?.(scene, actor);
}

function sendMessage({ random }: ActionScene, sender: string): Draft {
  return { type: 'm.room.message', sender, content: { msgtype: 'm.text', body: `${random.integer(1e9)}` } };
}

function setTopic({ random }: ActionScene, sender: string): Draft {
  const type = random.pick(['m.room.topic', 'm.room.name', 'm.room.avatar']) ?? '';
  return { type, sender, stateKey: '', content: { topic: `${random.integer(1e9)}` } };
}

/** Also a change of display name, for one who is joined already. */
function joinRoom({ random, state, rules, founder, userIds }: ActionScene, sender: string): Draft | undefined {
  if (sender === founder) return undefined;
  const content: JsonObject = { membership: 'join', displayname: `${random.integer(1e6)}` };
  const joined = userIds.filter((userId) => membershipOf(state, userId) === 'join');
  const authorisingUser = random.pick(joined);
  if (rules.restrictedJoins && authorisingUser !== undefined && random.chance(0.4)) {
    content['join_authorised_via_users_server'] = authorisingUser;
  }
  return { type: 'm.room.member', sender, stateKey: sender, content };
}

function leaveRoom({ founder }: ActionScene, sender: string): Draft | undefined {
  if (sender === founder) return undefined;
  return { type: 'm.room.member', sender, stateKey: sender, content: { membership: 'leave' } };
}

function moderate(scene: ActionScene, sender: string, membership: string): Draft | undefined {
  const target = scene.random.pick(scene.userIds) ?? sender;
  if (target === sender) return leaveRoom(scene, sender);
  return { type: 'm.room.member', sender, stateKey: target, content: { membership } };
}

function knockOnRoom(_scene: ActionScene, sender: string): Draft {
  return { type: 'm.room.member', sender, stateKey: sender, content: { membership: 'knock' } };
}

function changeJoinRules({ random }: ActionScene, sender: string): Draft {
  const joinRules = ['public', 'public', 'public', 'invite', 'knock', 'restricted', 'knock_restricted'];
  const content = { join_rule: random.pick(joinRules) ?? 'public' };
  return { type: 'm.room.join_rules', sender, stateKey: '', content };
}

function changePowerLevels({ random, rules, founder, userIds, state }: ActionScene, sender: string): Draft {
  const content: JsonObject = { ...state.get('m.room.power_levels', '')?.pdu.content };
  const level = random.pick([0, 10, 50, 50, 75, 100]) ?? 0;
  if (random.chance(0.7)) {
    const userId = random.pick(userIds) ?? sender;
    if (userId !== founder) content['users'] = { ...(content['users'] as JsonObject), [userId]: level };
  } else if (random.chance(0.5)) {
    const property = random.pick(['ban', 'kick', 'invite', 'redact', 'state_default', 'users_default']) ?? 'ban';
    // Room versions before 10 take strings.
    content[property] = rules.integerPowerLevels || random.chance(0.8) ? level : `${level}`;
  } else {
    const type = random.pick(['m.room.topic', 'm.room.name', 'm.room.join_rules', 'm.room.power_levels']) ?? '';
    content['events'] = { ...(content['events'] as JsonObject), [type]: level };
  }
  return { type: 'm.room.power_levels', sender, stateKey: '', content };
}

function inviteThirdParty({ random }: ActionScene, sender: string): Draft {
  const content = { display_name: 'somebody', public_key: Buffer.from(identityServer.secretKey).toString('base64') };
  return { type: 'm.room.third_party_invite', sender, stateKey: `token${random.integer(3)}`, content };
}

function redeemThirdPartyInvite({ random, founder, userIds, state }: ActionScene, sender: string): Draft | undefined {
  const mxid = random.pick(userIds) ?? sender;
  // Whoever redeems such an invite is invited, even if joined before: the rule for it looks for a ban only.
  if (mxid === founder) return undefined;
  const token = `token${random.integer(3)}`;
  const signed = signJson({ mxid, token }, identityServer, simulatedCrypto);
  const content = { membership: 'invite', third_party_invite: { display_name: 'somebody', signed } };
  const inviter = state.get('m.room.third_party_invite', token)?.pdu.sender;
  const isOwn = inviter !== undefined && domainOf(inviter) === domainOf(sender);
  return { type: 'm.room.member', sender: isOwn ? inviter : sender, stateKey: mxid, content };
}

function redactEvent({ random, eventIds }: ActionScene, sender: string): Draft | undefined {
  const redacts = random.pick(eventIds);
  return redacts === undefined ? undefined : { type: 'm.room.redaction', sender, content: { redacts }, redacts };
}

function setAliases({ random }: ActionScene, sender: string): Draft {
  const server = domainOf(sender);
  return {
    type: 'm.room.aliases',
    sender,
    stateKey: server,
    content: { aliases: [`#${random.integer(9)}:${server}`] },
  };
}
