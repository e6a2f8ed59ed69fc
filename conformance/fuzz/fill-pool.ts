import type { FuzzPool } from './make-request.ts';

const people = ['ann', 'ben', 'cy'];

/** Makes a few accounts and rooms, so that hostile requests find something to hurt. */
export async function fillPool(port: number): Promise<FuzzPool> {
  const tokens: string[] = [];
  const [users, devices, rooms, events]: [string[], string[], string[], string[]] = [[], [], [], []];
  const texts: string[] = ['m.room.message', 'm.room.topic', 'm.room.member', 'm.text', 'global', 'txn1', 'join', ''];
  for (const name of people) {
    const account = await call(port, '', 'POST', '/_matrix/client/v3/register', {
      username: name,
      password: 'a passphrase for fuzzing',
      auth: { type: 'm.login.dummy' },
    });
    tokens.push(String(account['access_token']));
    users.push(String(account['user_id']));
    devices.push(String(account['device_id']));
  }
  for (const token of tokens) {
    const room = await call(port, token, 'POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
    const roomId = String(room['room_id']);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/first`;
    const event = await call(port, token, 'PUT', path, { msgtype: 'm.text', body: 'hello' });
    rooms.push(roomId);
    events.push(String(event['event_id']));
    for (const other of tokens)
      await call(port, other, 'POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  }
  return {
    tokens,
    texts: [...texts, ...users, ...devices, ...rooms, ...events],
    byParameter: {
      userid: users,
      deviceid: devices,
      roomid: rooms,
      roomidoralias: rooms,
      eventid: events,
      eventtype: ['m.room.message', 'm.room.topic', 'm.room.name', 'm.room.power_levels', 'm.room.member', 'x.y'],
      receipttype: ['m.read', 'm.read.private', 'm.fully_read'],
      scope: ['global'],
      kind: ['override', 'underride', 'sender', 'room', 'content'],
      keyname: ['displayname', 'avatar_url', 'm.tz', 'org.example.colour'],
      version: ['1', '2'],
    },
  };
}

async function call(
  port: number,
  token: string,
  method: string,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const json = (await reply.json()) as Record<string, unknown>;
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(json)}`);
  return json;
}
