/** Whether an address means the computer that uses it and no other. */
export function isLoopback(hostname) {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Whether a server name is good for this computer only. */
export function isLocalName(serverName) {
  return isLoopback(serverName.replace(/:\d+$/, ''));
}

/**
 * Where clients find the server: `here` is where this page came from, `address` is where others find it, and
 * `isCertain` is false where that is only what follows from the name.
 */
export function clientAddress(server) {
  const here = location.origin;
  if (server.public_url) return { here, address: server.public_url, isCertain: true };
  const isHidden = isLoopback(location.hostname) && !isLocalName(server.server_name);
  return isHidden
    ? { here, address: `https://${server.server_name}`, isCertain: false }
    : { here, address: here, isCertain: true };
}

/** Where a person with a registration token makes an account. */
export function invitationLink(server, token) {
  return `${clientAddress(server).address}/#/invitation?token=${encodeURIComponent(token)}`;
}
