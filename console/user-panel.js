import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton, confirmButton } from './confirm-button.js';
import { formatCount, formatMaybeTime, formatSize, plural } from './format.js';
import { pagedList, table } from './list.js';
import { mediaButtons } from './media-panel.js';
import { cell, formatTime, loading, section } from './parts.js';
import { newPasswordButton, userBadges } from './people-panel.js';
import { roomLink } from './rooms-panel.js';
import { showTasksOf } from './tasks-panel.js';

const base = (userId) => `/_holdfast/v1/admin/users/${encodeURIComponent(userId)}`;

/** One account: what it is, what can be done with it, its devices, rooms and files. */
export function showUser(userId) {
  const place = build('div');
  const refresh = () => {
    const read = async () => {
      const [user, devices, rooms] = await Promise.all([
        askAsAdministrator('GET', base(userId)),
        askAsAdministrator('GET', `${base(userId)}/devices`),
        askAsAdministrator('GET', `${base(userId)}/rooms`),
      ]);
      return { user, devices: devices.devices, rooms: rooms.rooms };
    };
    place.replaceChildren(loading(read, (found) => showRead(found, refresh)));
  };
  refresh();
  return place;
}

function showRead({ user, devices, rooms }, refresh) {
  const shown = build('div', { 'aria-live': 'polite' });
  const tasks = showTasksOf(user.user_id);
  return [
    build('p', {}, build('span', { class: 'address' }, user.user_id), userBadges(user)),
    section('At a glance', build('dl', { class: 'figures' }, figures(user))),
    section(
      'What can be done',
      !user.is_deactivated && actions(user, shown, refresh),
      build('p', { class: 'actions' }, redactButton(user.user_id, tasks.refresh)),
      shown,
      tasks.element,
    ),
    section('Devices', showDevices(user, devices, refresh)),
    section('Rooms', showRooms(rooms)),
    section('Files', showFiles(user)),
  ].filter(Boolean);
}

function figures(user) {
  const pair = (name, value) => build('div', {}, build('dt', {}, name), build('dd', {}, build('strong', {}, value)));
  return [
    pair('Name', user.display_name ?? '–'),
    pair('Since', formatTime(user.created_ts)),
    pair('Last seen', formatMaybeTime(user.last_seen_ts)),
    pair('Devices', formatCount(user.device_count)),
    pair('Rooms', formatCount(user.joined_room_count)),
    pair('Files', formatSize(user.media_bytes)),
  ];
}

function actions(user, shown, refresh) {
  const change = (label, body, done) =>
    actionButton({
      ...{ label, what: user.user_id, done },
      run: () => askAsAdministrator('PUT', base(user.user_id), body).then(refresh),
    });
  const flag = (key, yes, no) =>
    user[key] ? change(no, { [key]: false }, `${no}: done`) : change(yes, { [key]: true }, `${yes}: done`);
  return build(
    'p',
    { class: 'actions' },
    newPasswordButton(user.user_id, shown),
    !user.is_admin && flag('is_locked', 'Lock', 'Unlock'),
    !user.is_admin && flag('is_suspended', 'Suspend', 'End the suspension of'),
    flag('is_admin', 'Make an administrator', 'Take the rights from'),
    confirmButton({
      ...{ label: 'Log out everywhere', what: user.user_id, done: 'Logged out' },
      run: () => askAsAdministrator('POST', `${base(user.user_id)}/log-out`, {}).then(refresh),
    }),
    !user.is_admin &&
      confirmButton({
        ...{ label: 'Deactivate', what: user.user_id, done: 'Deactivated' },
        run: () => askAsAdministrator('POST', `${base(user.user_id)}/deactivate`, { erase: false }).then(refresh),
      }),
    !user.is_admin &&
      confirmButton({
        ...{ label: 'Deactivate and erase', what: user.user_id, done: 'Erased' },
        run: () => askAsAdministrator('POST', `${base(user.user_id)}/deactivate`, { erase: true }).then(refresh),
      }),
  );
}

/** On other servers too; in the user's own name, so that it needs no rights in the rooms. */
function redactButton(userId, refreshTasks) {
  return confirmButton({
    ...{ label: 'Redact all messages', what: `of ${userId}`, done: 'It has begun' },
    run: () => askAsAdministrator('POST', `${base(userId)}/redact`, {}).then(refreshTasks),
  });
}

function showDevices(user, devices, refresh) {
  if (devices.length === 0) return build('p', { class: 'hint' }, 'Logged in nowhere.');
  return table({
    caption: plural(devices.length, 'device', 'devices'),
    columns: ['Device', 'Last seen', 'From', ''],
    items: devices,
    showRow: (device) => [
      cell('Device', device.display_name ?? device.device_id),
      cell('Last seen', formatMaybeTime(device.last_seen_ts)),
      cell('From', device.last_seen_ip ?? '–'),
      build(
        'td',
        { class: 'end' },
        confirmButton({
          ...{ label: 'Log out', what: device.device_id, done: 'Logged out' },
          run: () =>
            askAsAdministrator('POST', `${base(user.user_id)}/log-out`, { device_ids: [device.device_id] }).then(
              refresh,
            ),
        }),
      ),
    ],
  });
}

function showRooms(rooms) {
  if (rooms.length === 0) return build('p', { class: 'hint' }, 'In no room.');
  const most = 200;
  return table({
    caption: plural(rooms.length, 'room', 'rooms') + (rooms.length > most ? `, the first ${most}` : ''),
    columns: ['Room', 'Membership'],
    items: rooms.slice(0, most),
    showRow: ({ room_id: roomId, membership }) => [
      cell('Room', roomLink(roomId, roomId)),
      cell('Membership', membership),
    ],
  });
}

function showFiles(user) {
  const list = pagedList({
    empty: 'No files.',
    columns: ['File', 'Size', 'Since', ''],
    caption: () => `Files of ${user.user_id}`,
    async read({ from = '0' }) {
      const reply = await askAsAdministrator('GET', `${base(user.user_id)}/media?limit=20&from=${from}`);
      return { items: reply.media, next: reply.next_token };
    },
    showRow: (file) => [
      cell(
        'File',
        file.file_name ?? file.media_id,
        file.is_quarantined && build('span', { class: 'badge' }, 'withheld'),
      ),
      cell('Size', file.size_bytes === null ? '–' : formatSize(file.size_bytes)),
      cell('Since', formatTime(file.created_ts)),
      build(
        'td',
        { class: 'end' },
        mediaButtons(file, () => list.refresh()),
      ),
    ],
  });
  return list.element;
}
