import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import { hostileTexts } from '../make-value.ts';
import type { WellRegistration } from './bend-registration.ts';

export interface QuestionPool {
  readonly user: TestUser;
  readonly serverUrl: string;
  readonly services: readonly WellRegistration[];
  /** A room in which all of them are. */
  readonly roomId: string;
}

/** Something that has the server ask or tell services. */
export interface Question {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  /** The user's unless given. */
  readonly token?: string;
  readonly body?: object;
}

const v3 = '/_matrix/client/v3';
const encode = encodeURIComponent;

/** Ids that nobody has had. */
const newName = (random: Random) => random.integer(1_000_000_000).toString(36);
const text = (random: Random) => choose(random, hostileTexts).slice(0, 1_000).toWellFormed();

export const questions: readonly ((random: Random, pool: QuestionPool) => Question)[] = [
  () => ({ what: 'protocols', method: 'GET', path: `${v3}/thirdparty/protocols` }),
  () => ({ what: 'protocol', method: 'GET', path: `${v3}/thirdparty/protocol/net` }),
  (random) => ({ what: 'protocol', method: 'GET', path: `${v3}/thirdparty/protocol/${encode(text(random))}` }),
  (random) => ({
    what: 'third parties',
    method: 'GET',
    path: `${v3}/thirdparty/${choose(random, ['user', 'location'])}/net?${encode(text(random))}=${encode(text(random))}`,
  }),
  (random) => ({
    what: 'third parties of an id',
    method: 'GET',
    path: `${v3}/thirdparty/${choose(random, ['user?userid', 'location?alias'])}=${encode(text(random))}`,
  }),
  (random, { services }) => ({
    what: 'alias of a namespace',
    method: 'POST',
    path: `${v3}/join/${encode(`#_${choose(random, services).id}_${newName(random)}:fuzz.example`)}`,
    body: {},
  }),
  (random, { services, roomId }) => ({
    what: 'user of a namespace',
    method: 'POST',
    path: `${v3}/rooms/${encode(roomId)}/invite`,
    body: { user_id: `@_${choose(random, services).id}_${newName(random)}:fuzz.example` },
  }),
  (random, { services }) => {
    const { id, as_token: token } = choose(random, services);
    const path = `/_matrix/client/v1/appservice/${id}/ping`;
    return { what: 'ping', method: 'POST', path, token, body: { transaction_id: text(random) } };
  },
  (random, { roomId }) => ({
    what: 'message',
    method: 'PUT',
    path: `${v3}/rooms/${encode(roomId)}/send/m.room.message/${newName(random)}`,
    body: { msgtype: 'm.text', body: text(random) },
  }),
  (random, { services, roomId }) => ({
    what: 'list of a network',
    method: 'PUT',
    path: `${v3}/directory/list/appservice/${encode(text(random))}/${encode(roomId)}`,
    token: choose(random, services).as_token,
    body: { visibility: choose(random, ['public', 'private', 'open', '']) },
  }),
  (random) => ({
    what: 'rooms of a network',
    method: 'POST',
    path: `${v3}/publicRooms`,
    body: { third_party_instance_id: text(random) },
  }),
];
