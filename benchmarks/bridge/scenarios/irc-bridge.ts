import { makeRunMark, markedText, type RunMark, startReceiver } from '../../load/receive-marked.ts';
import { sampleText, seededRandomness } from '../../load/sample-text.ts';
import type { BridgeScenario } from '../bridge-run.ts';
import { DeliveryBook } from '../delivery-book.ts';
import { type BridgedChannel, type BridgedWorld, makeBridgedWorld } from '../irc/bridged-world.ts';
import type { IrcPerson } from '../irc/irc-person.ts';
import { markedLines } from '../irc/marked-lines.ts';
import { measureNetsplit } from '../irc/measure-netsplit.ts';
import { ProcessWatch } from '../irc/watch-process.ts';
import { atRate, speakAtRate } from '../speak.ts';

/** Each way. */
const perSecond = 200;
const warmUpSeconds = 5;
const patienceMs = 120_000;

/** Many people of IRC and somebody of Matrix in each channel talk through the bridge; then half of the network is lost. */
export const ircBridge: BridgeScenario = {
  name: 'irc',
  peers: ['holdfast'],
  async measure(run) {
    const world = await makeBridgedWorld(run);
    const watch = new ProcessWatch(world.bridgePid);
    run.atEnd(() => watch.close());
    await talk(world, warmUpSeconds);
    const cpuBefore = watch.cpuSeconds();
    const { toMatrix, toIrc } = await talk(world, run.sizes.talkSeconds);
    const cpuShare = ((watch.cpuSeconds() - cpuBefore) / run.sizes.talkSeconds) * 100;
    run.log(`p99 to Matrix ${toMatrix.p99.toFixed(1)}, to IRC ${toIrc.p99.toFixed(1)} ms`);
    const split = await measureNetsplit(run, world, watch);
    return [
      { key: 'ircMembersSeconds', value: world.membersSeconds },
      { key: 'toMatrixP50', value: toMatrix.p50 },
      { key: 'toMatrixP99', value: toMatrix.p99 },
      { key: 'toIrcP50', value: toIrc.p50 },
      { key: 'toIrcP99', value: toIrc.p99 },
      { key: 'bridgeCpuShare', value: cpuShare },
      ...split,
      { key: 'bridgeMegabytes', value: watch.mostBytes / 1e6 },
    ];
  },
};

/** Both sides talk at once; each message is to come once, and in its sender's order. */
async function talk({ server, channels }: BridgedWorld, seconds: number) {
  const mark = { toMatrix: makeRunMark(), toIrc: makeRunMark() };
  const books = { toMatrix: new DeliveryBook(), toIrc: new DeliveryBook() };
  const receivers = await Promise.all(
    channels.map(({ user, roomId }) =>
      startReceiver(server.baseUrl, user, roomId, mark.toMatrix, (number) => books.toMatrix.receive(number)),
    ),
  );
  for (const { near } of channels) {
    const listener = near[0] as IrcPerson;
    listener.onBytes = markedLines(mark.toIrc, (number) => books.toIrc.receive(number));
  }
  const speakers = channels.map(({ user, roomId }) => ({ user, roomId }));
  await Promise.all([
    speakOnIrc(channels, mark.toMatrix, books.toMatrix, seconds),
    speakAtRate({ speakers, mark: mark.toIrc, book: books.toIrc }, { perSecond, seconds }),
  ]);
  await Promise.all([books.toMatrix.waitForAll(patienceMs), books.toIrc.waitForAll(patienceMs)]);
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  return { toMatrix: books.toMatrix.delays(), toIrc: books.toIrc.delays() };
}

/** Everybody but those who listen, in turn: the channels in turn, and the people of each. */
async function speakOnIrc(
  channels: readonly BridgedChannel[],
  mark: RunMark,
  book: DeliveryBook,
  seconds: number,
): Promise<void> {
  const random = seededRandomness(seconds);
  const people = channels.map(({ near, far }) => [...near.slice(1), ...far]);
  await atRate({ perSecond, count: perSecond * seconds }, (turn) => {
    const index = turn % channels.length;
    const inChannel = people[index] as IrcPerson[];
    const number = Math.floor(turn / channels.length) % inChannel.length;
    const text = markedText(mark, book.send(index * 1_000 + number), sampleText(random));
    (inChannel[number] as IrcPerson).send(`PRIVMSG #c${index} :${text}`);
  });
}
