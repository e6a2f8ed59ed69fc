/** What says who asks, and is nothing that the networks know. */
const ofTheRequest = ['access_token', 'user_id', 'device_id', 'org.matrix.msc3202.device_id'];

/** The fields of a look-up, whose names only the networks know, as a query for their services. */
export function formatFields(queryText: string): string {
  const fields = new URLSearchParams(queryText);
  for (const name of ofTheRequest) fields.delete(name);
  return fields.toString();
}
