import { unpackTransaction } from '@holdfast/homeserver/appservices/delivery/transaction.ts';
import { parseRegistration } from '@holdfast/homeserver/appservices/registrations/parse-registration.ts';
import postgres from 'postgres';
import type { FuzzedServer } from '../start-fuzzed-server.ts';

/** What is stored of application services is whole: each registration can be used, each transaction can be sent. */
export async function checkRegistrations(server: FuzzedServer, expectedIds: readonly string[]): Promise<string[]> {
  const sql = postgres(server.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    const rows = await sql<{ id: string; registration: string }[]>`SELECT id, registration FROM application_service`;
    const problems = rows.flatMap(({ id, registration }) => {
      const parsed = parseRegistration(registration, id, server.serverName);
      if ('problems' in parsed)
        return parsed.problems.map((problem) => `a stored registration cannot be used: ${problem}`);
      return parsed.registration.id === id ? [] : [`the registration of ${id} is of ${parsed.registration.id}`];
    });
    for (const id of expectedIds) if (!rows.some((row) => row.id === id)) problems.push(`${id} is registered no more`);
    const tokens = new Set(rows.map(({ registration }) => (JSON.parse(registration) as { as_token: string }).as_token));
    if (tokens.size !== rows.length) problems.push('two services have one token');
    const queues = await sql<{ id: string; transaction: string }[]>`
      SELECT id, transaction FROM application_service_queue WHERE transaction IS NOT NULL`;
    for (const { id, transaction } of queues) {
      try {
        JSON.parse(unpackTransaction(0, transaction).body);
      } catch (error) {
        problems.push(`the transaction on its way to ${id} is no JSON: ${(error as Error).message}`);
      }
    }
    return problems;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
