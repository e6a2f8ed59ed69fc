import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton, confirmButton } from './confirm-button.js';
import { formatCount, formatSize } from './format.js';
import { pagedList, table } from './list.js';
import { cell, field, form, formatTime, loading, section } from './parts.js';
import { userLink } from './people-panel.js';
import { showTasksOf } from './tasks-panel.js';

const base = (roomId) => `/_holdfast/v1/admin/rooms/${encodeURIComponent(roomId)}`;

/** One room: what it is, what can be done with it, who is in it, its state. */
export function showRoom(roomId) {
  const place = build('div');
  const refresh = () =>
    place.replaceChildren(
      loading(
        () => askAsAdministrator('GET', base(roomId)),
        (room) => showRead(room, refresh),
      ),
    );
  refresh();
  return place;
}

function showRead(room, refresh) {
  const tasks = showTasksOf(room.room_id);
  return [
    build('p', {}, build('span', { class: 'address' }, room.room_id), room.blocked && badge('blocked')),
    section('At a glance', build('dl', { class: 'figures' }, figures(room))),
    section('What can be done', actions(room, refresh, tasks.refresh), purgeForm(room, tasks.refresh), tasks.element),
    room.state && section('Members', showMembers(room)),
    room.state && section('State', showState(room)),
  ].filter(Boolean);
}

function badge(text) {
  return build('span', { class: 'badge' }, text);
}

function figures({ state, size, aliases, version, server_count: servers, blocked, is_published: isPublished }) {
  const pair = (name, value) =>
    value !== null &&
    value !== undefined &&
    build('div', {}, build('dt', {}, name), build('dd', {}, build('strong', {}, value)));
  return [
    pair('Name', state?.name ?? '–'),
    pair('Alias', aliases[0] ?? state?.canonical_alias),
    pair('Members', state && `${formatCount(state.joined_members)}, ${formatCount(state.joined_local_members)} here`),
    pair('Servers', formatCount(servers)),
    pair('Events', `${formatCount(size.event_count)}${size.is_more ? ' and more' : ''}`),
    pair('About', formatSize(size.estimated_bytes)),
    pair('Who may join', state?.join_rule),
    pair('Encrypted', state && (state.encryption ? 'yes' : 'no')),
    pair('Directory', isPublished ? 'listed' : 'not listed'),
    pair('Version', version),
    pair('Made by', state?.creator),
    blocked && pair('Blocked', `by ${blocked.by}, ${formatTime(blocked.at_ts)}`),
    state?.topic && pair('Topic', state.topic.slice(0, 200)),
  ];
}

function actions({ room_id: roomId, blocked, state }, refresh, refreshTasks) {
  const remove = (label, body) =>
    confirmButton({
      ...{ label, what: state?.name ?? roomId, done: 'It has begun' },
      run: () => askAsAdministrator('POST', `${base(roomId)}/delete`, body).then(refreshTasks),
    });
  return build(
    'p',
    { class: 'actions' },
    actionButton({
      ...{ label: blocked ? 'Open again' : 'Block', what: state?.name ?? roomId },
      run: () => askAsAdministrator('PUT', `${base(roomId)}/block`, { block: !blocked }).then(refresh),
    }),
    remove('Take everybody out', { block: false, purge: false }),
    remove('Delete and block', { block: true, purge: true }),
  );
}

function purgeForm({ room_id: roomId }, refreshTasks) {
  const days = field({
    ...{
      label: 'Purge messages older than so many days',
      name: 'days',
      type: 'number',
      min: 0,
      max: 36_500,
      value: '365',
    },
    ...{ required: true, inputmode: 'numeric' },
    hint: 'Their content is taken away here for good, on other servers it stays. State stays too.',
  });
  return form({
    children: [days.element],
    ...{ action: 'Purge', busy: 'Beginning …' },
    fieldOf: () => days.input,
    async submit() {
      const body = { before_ts: Date.now() - Number(days.input.value) * 86_400_000 };
      await askAsAdministrator('POST', `${base(roomId)}/purge-history`, body);
      refreshTasks();
    },
  });
}

function showMembers({ room_id: roomId }) {
  return pagedList({
    empty: 'Nobody.',
    columns: ['Member', 'Membership'],
    caption: () => 'Who is or was in the room',
    async read({ from = '0' }) {
      const reply = await askAsAdministrator('GET', `${base(roomId)}/members?limit=50&from=${from}`);
      return { items: reply.members, next: reply.next_token };
    },
    showRow: ({ user_id: userId, membership }) => [cell('Member', userLink(userId)), cell('Membership', membership)],
    isOver: ({ membership }) => membership === 'leave' || membership === 'ban',
  }).element;
}

function showState({ room_id: roomId }) {
  return loading(
    () => askAsAdministrator('GET', `${base(roomId)}/state`),
    ({ state, is_more: isMore }) =>
      table({
        caption: isMore ? `The first ${state.length} state events` : 'State but for the members',
        columns: ['Type', 'Key', 'Content'],
        items: state,
        showRow: (event) => [
          cell('Type', event.type),
          cell('Key', event.state_key || '–'),
          cell('Content', build('code', {}, JSON.stringify(event.content).slice(0, 300))),
        ],
      }),
  );
}
