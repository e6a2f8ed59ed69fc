import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../../testing/make-certificate.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';

const holdfast = fileURLToPath(new URL('../../holdfast.js', import.meta.url));
const limitMs = 60_000;
const port = 8_008;
const dayMs = 86_400_000;

/** Plants what a machine can have wrong: only in a namespace of mounts and networks, which ends with the doctor. */
const plant = `set -e
ip link set lo up
truncate -s 64M "$1/disk"
mkfs.ext4 -q -F -m 0 -N 2000 "$1/disk"
mkdir "$1/data"
mount -o loop "$1/disk" "$1/data"
echo "/dev/sdb $1/data ext4 defaults 0 2" > "$1/fstab"
mount --bind "$1/fstab" /etc/fstab
mount -t tmpfs tmpfs /etc/dhcp
mount -t tmpfs tmpfs /etc/systemd/system
echo 'ExecStartPre=+/bin/sh -c "chown postgres /dev/watchdog"' > /etc/systemd/system/holdfast-patroni.service
mkdir /etc/dhcp/dhclient-exit-hooks.d
printf '#!/bin/sh\\nip route add default via 10.0.0.1\\n' > /etc/dhcp/dhclient-exit-hooks.d/routes
"$2" -e 'require("node:net").createServer().listen(${port}, "127.0.0.1", () => console.log("listens"))' > "$1/listens" &
while [ ! -s "$1/listens" ]; do sleep 0.1; done
ulimit -n 1024
PATH="$1/programs:$PATH" "$2" "$3" doctor --config "$1/holdfast.yaml" --data-dir "$1/data" || code=$?
kill %1
umount "$1/data"
exit "\${code:-0}"
`;

/** What the programs of the system say there. */
const programs: Readonly<Record<string, string>> = {
  timedatectl: 'echo no',
  systemctl: 'case "$2" in postgresql*) echo enabled;; *) echo disabled; exit 1;; esac',
  ip: `echo '[{"addr_info":[{"local":"10.0.0.2","dynamic":true}]}]'`,
};

function runDoctor(folder: string): Promise<{ readonly exitCode: unknown; readonly output: string }> {
  const args = ['--net', '--mount', '--', '/bin/bash', '-c', plant, 'bash', folder, process.execPath, holdfast];
  return new Promise((resolve) => {
    execFile('unshare', args, { timeout: limitMs, killSignal: 'SIGKILL' }, (error, output, complaints) =>
      resolve({ exitCode: error?.code ?? 0, output: output + complaints }),
    );
  });
}

test('every fault that is planted on a machine is found, with what mends it', async () => {
  const folder = await makeTestFolder();
  await mkdir(join(folder, 'programs'));
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, 'programs', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, 'programs', name), 0o755);
  }
  const names = ['other.example.net'];
  const { certificate } = makeCertificate({ names, notBefore: 0, notAfter: Date.now() - dayMs });
  await writeFile(join(folder, 'certificate.pem'), certificate);
  const settings = {
    ...{ server_name: 'example.org', http: { bind: '127.0.0.1', port }, metrics: { bind: '192.0.2.1', port: 9_100 } },
    tls: { port: 8_448, certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') },
    database: { url: 'postgres://holdfast:geheim@127.0.0.1:9/holdfast' },
    monitor: {
      ...{ names: ['nowhere.invalid'], routes: ['10.2.0.0/16'], turn: ['turn:turn.invalid:3478'] },
      paging: {
        notifiers: { mail: { kind: 'smtp', host: 'mail.invalid', from: 'a@example.org' } },
        people: { anna: { reach: [{ notifier: 'mail', address: 'anna@example.org' }] } },
      },
    },
  };
  const other = makeCertificate({ names: ['other.example.org'] });
  await writeFile(join(folder, 'key.pem'), other.key);
  await writeFile(join(folder, 'holdfast.yaml'), JSON.stringify(settings));
  await chmod(join(folder, 'holdfast.yaml'), 0o644);
  const { exitCode, output } = await runDoctor(folder);
  assert.equal(exitCode, 1, output);
  const planted: readonly (readonly [fault: string, found: RegExp])[] = [
    ['few open files', /^warning +only 1024 open files allowed.*\n +→ ulimit/m],
    ['little room', /^problem +0\.\d GiB free on the volume of .*\n +→ find what takes the room/m],
    ['few inodes', /^warning +only \d+ more files fit on that volume\n +→ df -i/m],
    ['a port that is taken', /^problem +http: port 8008 of 127\.0\.0\.1 is in use by another program\n +→ find it/m],
    ['an address that is not there', /^problem +metrics: port 9100 of 192\.0\.2\.1: this machine does not have/m],
    ['no database', /^problem +PostgreSQL does not answer: .*\n +→ check database\.url/m],
    ['a certificate that has ended', /^problem +the certificate .*certificate\.pem has ended\n +→ renew/m],
    ['no route', /^warning +there is no default route.*\n +→ ip route add/m],
    ['an address that is lent', /^warning +the address 10\.0\.0\.2 is lent.*\n +→ give the machine/m],
    ['no time source', /^warning +nothing keeps this machine's time right\n +→ timedatectl/m],
    ['a unit that is off', /^warning +holdfast\.service is disabled.*\n +→ systemctl enable/m],
    [
      'a disk by its letter',
      /^warning +.*data is mounted as \/dev\/sdb, which may be another disk.*\n +→ in \/etc\/fstab/m,
    ],
    ['a key of another certificate', /^problem +.*key\.pem is not the key of the certificate\n +→ name the key/m],
    ['a certificate for another name', /^warning +the certificate .* is not for example\.org:.*\n +→ have/m],
    ['a route that is watched', /^warning +there is no route to 10\.2\.0\.0\/16.*\n +→ ip route add/m],
    [
      'a database that does not start',
      /^warning +holdfast-patroni\.service is disabled.*\n +→ systemctl enable holdfast-patroni$/m,
    ],
    ['its members that do not', /^warning +holdfast-etcd\.service is disabled.*\n +→ systemctl enable/m],
    [
      'a database that is started twice',
      /^warning +postgresql\.service starts PostgreSQL too.*\n +→ systemctl disable postgresql$/m,
    ],
    ['no watchdog', /^warning +there is no \/dev\/watchdog.*\n +→ modprobe softdog/m],
    ['no time source at the next start', /^warning +nothing that keeps the time starts.*\n +→ systemctl enable/m],
    ['a monitor that is off', /^warning +holdfast-monitor\.service is disabled.*\n +→ systemctl enable/m],
    ['a bridge that is off', /^warning +holdfast-irc-bridge\.service is disabled.*\n +→ systemctl enable/m],
    ['a file of secrets for everybody', /^warning +everybody on this machine can read .*yaml.*\n +→ chmod 640/m],
    ['no name of the server', /^warning +other servers do not find example\.org: .*\n +→ give it an address/m],
    ['a name that is not found', /^warning +the name nowhere\.invalid, for monitor\.names, is not/m],
    ['no TURN server', /^warning +the name turn\.invalid, for calls \(TURN\), is not found: .*\n +→ see whether/m],
    ['no host for mail', /^warning +the name mail\.invalid, for pages over mail, is not found/m],
    [
      'a hook without PATH',
      /^warning +the hook \/etc\/dhcp\/dhclient-exit-hooks\.d\/routes calls `ip` without.*\n +→ write/m,
    ],
  ];
  const missed = planted.filter(([, found]) => !found.test(output)).map(([fault]) => fault);
  assert.deepEqual(missed, [], output);
  assert.doesNotMatch(output, /geheim/);
  assert.match(output, /^6 to mend before Holdfast can run, 22 to look at\.$/m);
});
