import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { formatCount, plural } from './format.js';
import { pagedList } from './list.js';
import { cell } from './parts.js';

const path = '/_holdfast/v1/admin/rooms';
const pageSize = 50;

/** Where more of a room is shown. */
export function roomLink(roomId, text) {
  return build('a', { href: `#/admin/room?id=${encodeURIComponent(roomId)}` }, text);
}

/** The rooms that are known here. */
export function showRooms() {
  return pagedList({
    search: 'Find a room by name, alias or id',
    orders: [
      ['by name', 'name f'],
      ['largest first', 'joined b'],
      ['most state first', 'state_events b'],
      ['newest first', 'created b'],
    ],
    empty: 'No room is called that. New rooms are listed after some seconds.',
    columns: ['Room', 'Members', 'Here', 'Version'],
    caption: ({ total }) => plural(total, 'room', 'rooms'),
    read: readPage,
    showRow,
    isOver: (room) => room.is_blocked,
  }).element;
}

async function readPage({ search, order, from }) {
  const [orderBy, dir] = order.split(' ');
  const query = new URLSearchParams({ order_by: orderBy, dir, limit: String(pageSize), ...(search && { search }) });
  if (from) query.set('from', from);
  const { rooms, total, next_token: next } = await askAsAdministrator('GET', `${path}?${query}`);
  return { items: rooms, total, next };
}

function showRow(room) {
  const badges = [
    room.encryption && 'encrypted',
    room.is_published && 'in the directory',
    room.is_blocked && 'blocked',
    room.room_type === 'm.space' && 'space',
  ].filter(Boolean);
  return [
    cell(
      'Room',
      roomLink(room.room_id, room.name ?? room.canonical_alias ?? room.room_id),
      badges.map((badge) => build('span', { class: 'badge' }, badge)),
    ),
    cell('Members', formatCount(room.joined_members)),
    cell('Here', formatCount(room.joined_local_members)),
    cell('Version', room.version),
  ];
}
