/**
 * SQL for the server of a user id in `name.text`, as the index name_of_user_by_server has it. `alias` is the table's.
 */
export function serverOfName(alias: string): string {
  return `substr(${alias}.text, strpos(${alias}.text, ':') + 1)`;
}

/** SQL that is true for user ids: the condition under which the index can be used. */
export function isUserName(alias: string): string {
  return `${alias}.text LIKE '@%'`;
}
