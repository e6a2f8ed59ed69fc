import { type BenchUser } from '../bench-user.ts';
import { deliverAtRate } from '../deliver-at-rate.ts';
import { createRoom, joinRoom } from '../join-room.ts';
import { registerUsers } from '../register-users.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const senderCount = 32;
const warmUpSeconds = 3;

/**
 * From a send until it is in the reply of other users' waiting /sync, in one room, at fixed rates.
 * A rate that the server does not keep up with ends the scenario: higher ones would only wait.
 */
export const delivery: Scenario = {
  name: 'delivery',
  async run(context) {
    const users = await registerUsers(context, senderCount + context.sizes.receivers);
    const owner = users[0] as BenchUser;
    const roomId = await createRoom(owner, { name: 'Delivery bench room' });
    for (const user of users.slice(1)) await joinRoom(user, roomId);
    const senders = users.slice(0, senderCount);
    const receivers = users.slice(senderCount);
    const setting = { baseUrl: context.baseUrl, roomId, senders, receivers };
    await deliverAtRate({ ...setting, perSecond: 10, seconds: warmUpSeconds });
    const measurements: Measurement[] = [];
    for (const perSecond of context.sizes.deliveryRates) {
      const result = await deliverAtRate({ ...setting, perSecond, seconds: context.sizes.deliverySeconds });
      const { latencyMs, keepsUp } = result;
      const samples = latencyMs.samples;
      measurements.push(
        { key: `delivery.${perSecond}.keeps-up`, value: keepsUp ? 1 : 0, samples, details: result },
        { key: `delivery.${perSecond}.p50`, value: latencyMs.p50, samples },
        { key: `delivery.${perSecond}.p99`, value: latencyMs.p99, samples },
      );
      context.log(
        `delivery at ${perSecond}/s: p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms, ` +
          (keepsUp ? 'keeps up' : `does not keep up (${result.missing} of ${samples + result.missing} missing)`),
      );
      if (!keepsUp) break;
    }
    for (const user of users) user.connection.close();
    return measurements;
  },
};
