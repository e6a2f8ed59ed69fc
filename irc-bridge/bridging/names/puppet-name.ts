/** Characters of a localpart that stand for themselves; everything else is written as `=` and its bytes in hex. */
const plain = /^[a-z0-9._/+-]$/;

/**
 * The localpart of somebody of IRC: `irc_libera_alice`. `nick` is folded by the network's case mapping; what a localpart
 * cannot have is escaped so that two nicks never share one. Network ids have no `_`, so it can be read back.
 */
export function toPuppetLocalpart(network: string, nick: string): string {
  return `irc_${network}_${escape(nick)}`;
}

/** The network and folded nick of a localpart; undefined when it is none of a puppet. */
export function readPuppetLocalpart(localpart: string): { network: string; nick: string } | undefined {
  const [, network, escaped] = /^irc_([a-z0-9.-]+)_(.+)$/.exec(localpart) ?? [];
  if (network === undefined || escaped === undefined) return undefined;
  const nick = unescape(escaped);
  // Only the form that we write is one: another would be a second user for the same nick.
  return nick !== undefined && escape(nick) === escaped ? { network, nick } : undefined;
}

function escape(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return plain.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function unescape(text: string): string | undefined {
  if (/=(?![0-9a-f]{2})/.test(text)) return undefined;
  const bytes = text.replace(/=([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
