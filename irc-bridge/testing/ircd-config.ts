import process from 'node:process';

/** What a real IRC server is to be besides the usual. */
export interface IrcdOptions {
  readonly serverName?: string;
  /** Listens with TLS, too. Paths. */
  readonly tls?: { readonly port: number; readonly certificate: string; readonly key: string } | undefined;
  /** That clients have to say. */
  readonly password?: string;
  /** Listens there besides the loopback interface. */
  readonly address?: string;
  /** InspIRCd keeps so many messages of channels with mode H, and tells them to whoever comes in. */
  readonly historyLines?: number;
  /** Another server of the network. One of the two calls the other at its port. */
  readonly peer?: { readonly name: string; readonly port: number; readonly ownPort: number; readonly calls: boolean };
}

const linkPassword = 'between-servers';

export function ngircdConfig(port: number, folder: string, options: IrcdOptions): string {
  const { serverName = 'irc.test.example', tls, password, peer, address } = options;
  const isRoot = process.getuid?.() === 0;
  return `[Global]
Name = ${serverName}
Info = Test
Listen = 127.0.0.1${address === undefined ? '' : `, ${address}`}
Ports = ${port}${peer ? `, ${peer.ownPort}` : ''}
PidFile = ${folder}/ngircd.pid
${isRoot ? 'ServerGID = nogroup\nServerUID = nobody' : ''}
${password === undefined ? '' : `Password = ${password}`}
[Limits]
ConnectRetry = 5
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 100
MaxNickLength = 30
PingTimeout = 120
PongTimeout = 20
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
${tls ? `[SSL]\nCertFile = ${tls.certificate}\nKeyFile = ${tls.key}\nPorts = ${tls.port}` : ''}
${peer ? ngircdPeer(peer) : ''}
`;
}

function ngircdPeer({ name, port, calls }: NonNullable<IrcdOptions['peer']>): string {
  const place = calls ? `Host = 127.0.0.1\nPort = ${port}` : 'Passive = yes';
  return `[Server]\nName = ${name}\n${place}\nMyPassword = ${linkPassword}\nPeerPassword = ${linkPassword}`;
}

const inspircdModules = [
  ...['cap', 'ircv3', 'ircv3_accounttag', 'ircv3_batch', 'ircv3_capnotify', 'ircv3_chghost', 'ircv3_ctctags'],
  ...['ircv3_echomessage', 'ircv3_invitenotify', 'ircv3_labeledresponse', 'ircv3_msgid', 'ircv3_servertime'],
  ...['namesx', 'uhnames', 'chghost', 'banexception', 'services_account'],
];

export function inspircdConfig(port: number, folder: string, options: IrcdOptions): string {
  const { serverName = 'irc.test.example', tls, password, peer, address, historyLines } = options;
  const modules = [
    ...inspircdModules,
    ...(tls ? ['ssl_gnutls', 'sslinfo'] : []),
    ...(peer ? ['spanningtree'] : []),
    ...(historyLines === undefined ? [] : ['chanhistory']),
  ];
  // Who comes in is told all that is kept at once.
  const sendQueue = historyLines === undefined ? 'hardsendq="1M" softsendq="512K"' : 'hardsendq="32M" softsendq="16M"';
  const id = peer?.calls === true ? '2TT' : '1TT';
  return `<config format="xml">
<server name="${serverName}" description="Test" network="Test" id="${id}">
<admin name="Test" nick="test" email="test@test.example">
<bind address="127.0.0.1" port="${port}" type="clients">
${address === undefined ? '' : `<bind address="${address}" port="${port}" type="clients">`}
<connect name="all" allow="*" timeout="30" pingfreq="120" ${sendQueue} recvq="64K" threshold="1000"
  commandrate="1000000" fakelag="no" localmax="5000" globalmax="5000" maxconnwarn="no" resolvehostnames="no" modes=""
  ${password === undefined ? '' : `password="${password}"`}>
<performance softlimit="10000" nouserdns="yes">
<options prefixquit="Quit: " defaultmodes="not">
<limits maxnick="30" maxchan="64" maxline="512" maxquit="255" maxtopic="307" maxkick="255" maxreal="128" maxaway="200">
<channels users="100">
<pid file="${folder}/inspircd.pid">
${modules.map((each) => `<module name="${each}">`).join('\n')}
${historyLines === undefined ? '' : `<chanhistory maxlines="${historyLines}" prefixmsg="no">`}
<class name="none"><type name="none" classes="none">
${tls ? `<sslprofile name="clients" provider="gnutls" certfile="${tls.certificate}" keyfile="${tls.key}" hash="sha256">\n<bind address="127.0.0.1" port="${tls.port}" type="clients" sslprofile="clients">` : ''}
${peer ? inspircdPeer(peer) : ''}
`;
}

function inspircdPeer({ name, port, ownPort, calls }: NonNullable<IrcdOptions['peer']>): string {
  return `<bind address="127.0.0.1" port="${ownPort}" type="servers">
<link name="${name}" ipaddr="127.0.0.1" port="${port}" allowmask="127.0.0.0/8" timeout="30"
  sendpass="${linkPassword}" recvpass="${linkPassword}">
${calls ? `<autoconnect period="2s" server="${name}">` : ''}`;
}
