/**
 * An application service on matrix-bot-sdk as it comes from npm: repeats what it is told, through a user of its
 * namespace, and makes users, rooms and networks when it is asked for them. Run in the folder where the SDK is installed:
 *
 *     node echo-bot.cjs SETTINGS.json
 */
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const process = require('node:process');

const sdk = createRequire(join(process.cwd(), 'package.json'))('matrix-bot-sdk');
const { port, homeserver, serverName, registration } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const service = new sdk.Appservice({
  port,
  bindAddress: '127.0.0.1',
  homeserverName: serverName,
  homeserverUrl: homeserver,
  registration,
});
sdk.AutojoinRoomsMixin.setupOnAppservice(service);

service.on('query.user', (_userId, createUser) => createUser({ display_name: 'Made when asked for' }));
service.on('query.room', (_alias, createRoom) => createRoom({ preset: 'public_chat', name: 'Made when asked for' }));
service.on('thirdparty.protocol', (_protocol, describe) =>
  describe({ user_fields: [], location_fields: ['channel'], icon: '', field_types: {}, instances: [] }),
);
service.on('ephemeral.event', (event) => console.log(`ephemeral ${event.type}`));

async function answer(roomId, event) {
  const { body, msgtype, url } = event.content;
  const puppet = service.getIntentForSuffix('puppet');
  await puppet.ensureRegisteredAndJoined(roomId);
  if (body === 'picture') {
    const picture = await puppet.underlyingClient.uploadContent(Buffer.from('a picture'), 'image/png', 'a.png');
    await puppet.sendEvent(roomId, { msgtype: 'm.image', body: 'a.png', url: picture });
  } else if (msgtype === 'm.file') {
    const { data } = await puppet.underlyingClient.downloadContent(url);
    await puppet.sendText(roomId, `file: ${data.toString()}`);
  } else {
    await puppet.sendText(roomId, `echo: ${body}`);
  }
}

service.on('room.message', (roomId, event) => {
  if (service.isNamespacedUser(event.sender)) return;
  answer(roomId, event).catch((error) => console.error('could not answer', error));
});

async function start() {
  await service.begin();
  await service.botIntent.ensureRegistered();
  await service.botClient.setDisplayName('Echo');
  console.log('echo service is ready');
}

start().catch((error) => {
  console.error(error);
  process.exit(1);
});
