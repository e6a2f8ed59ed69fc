import { databaseGrowth, readDatabaseSize } from '../database-size.ts';
import type { Scenario } from '../scenario.ts';
import { sendForSeconds } from '../send-load.ts';
import { verifySentByPaging } from '../verify-sent.ts';

/**
 * Growth of the database and of its write-ahead log for each message, 16 clients sending.
 * The time before the measurement takes up the pages that a checkpoint makes the log carry whole.
 */
export const bytesPerMessage: Scenario = {
  name: 'bytes-per-message',
  async run(context) {
    if (context.sql === undefined) return [];
    const population = await context.population();
    await sendForSeconds(population, 16, context.sizes.warmUpSeconds);
    const before = await readDatabaseSize(context.sql);
    const load = await sendForSeconds(population, 16, context.sizes.bytesSeconds);
    const growth = databaseGrowth(before, await readDatabaseSize(context.sql));
    await verifySentByPaging(population)(load.eventIds);
    const messages = load.latencyMs.samples;
    const tables = growth.tables.map(({ table, bytes }) => ({ table, bytesPerMessage: bytes / messages }));
    const databaseBytes = growth.databaseBytes / messages;
    const logBytes = growth.logBytes / messages;
    context.log(`a message: ${databaseBytes.toFixed(0)} bytes of database, ${logBytes.toFixed(0)} of log`);
    return [
      { key: 'bytes.database', value: databaseBytes, samples: messages, details: tables },
      { key: 'bytes.log', value: logBytes, samples: messages },
    ];
  },
};
