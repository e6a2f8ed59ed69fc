import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeRegistration, makeRegistrationFiles } from '../../testing/application-service-files.ts';
import { startTestHomeserver } from '../../testing/start-test-homeserver.ts';
import { applicationServices } from './application-services.ts';

test('a file does not get the token of a service whose own file cannot be read any more', async (t) => {
  const files = await makeRegistrationFiles();
  const homeserver = await startTestHomeserver({ config: { 'application_services.folder': files.folder } });
  t.after(async () => {
    await homeserver.stop();
    await files.drop();
  });
  const known = applicationServices.of(homeserver.context);
  const tokensOf = () => known.all.map(({ id, registration }) => `${id} ${registration.asToken}`).sort();
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => known.subscribe(resolve));
  };
  await files.put('one.yaml', fakeRegistration('one'));
  await until(() => known.find('one') !== undefined);
  await files.put('one.yaml', 'id: [');
  await files.put('two.yaml', fakeRegistration('two', { as_token: 'as-token-of-one' }));
  await files.put('three.yaml', fakeRegistration('three'));
  await until(() => known.find('three') !== undefined);
  assert.deepEqual(tokensOf(), ['one as-token-of-one', 'three as-token-of-three']);
  await files.put('one.yaml', fakeRegistration('one', { as_token: 'another' }));
  await until(() => known.find('two') !== undefined);
  assert.deepEqual(tokensOf(), ['one another', 'three as-token-of-three', 'two as-token-of-one']);
});
