import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { confirmButton } from './confirm-button.js';
import { formatCount, formatDuration } from './format.js';
import { table } from './list.js';
import { cell, formatTime, loading } from './parts.js';
import { userLink } from './people-panel.js';
import { roomLink } from './rooms-panel.js';

const path = '/_holdfast/v1/admin/tasks';
const refreshMs = 2_000;

const kinds = {
  ...{ 'purge-history': 'Purge messages', 'delete-room': 'Delete a room' },
  'redact-user': 'Redact the messages of',
};

/** All long work, the newest first. */
export function showTasks() {
  return live(`${path}?limit=100`, 'Nothing has been asked for yet.').element;
}

/** The long work on one subject. */
export function showTasksOf(subject) {
  return live(`${path}?limit=10&subject=${encodeURIComponent(subject)}`, undefined);
}

/** Reads again while something is under way and the page is there. */
function live(address, empty) {
  const place = build('div', { 'aria-live': 'polite' });
  let timer;
  const read = async () => {
    const { tasks } = await askAsAdministrator('GET', address);
    clearTimeout(timer);
    if (tasks.some(({ state }) => state === 'running')) {
      timer = setTimeout(() => {
        // A button that somebody is about to press is not taken away.
        if (place.isConnected && !place.contains(document.activeElement)) refresh();
        else if (place.isConnected) timer = setTimeout(refresh, refreshMs);
      }, refreshMs);
    }
    return tasks;
  };
  const show = (tasks) =>
    tasks.length > 0 ? showTable(tasks, refresh) : empty ? build('p', { class: 'hint' }, empty) : [];
  // What is shown stays until the next is there.
  const refresh = () =>
    void read().then(
      (tasks) => place.replaceChildren(...[show(tasks)].flat()),
      () => {},
    );
  place.append(loading(read, show));
  return { element: place, refresh };
}

function showTable(tasks, refresh) {
  return table({
    caption: 'Long work',
    columns: ['Work', 'State', 'Begun', ''],
    items: tasks,
    showRow: (task) => [
      cell('Work', kinds[task.kind] ?? task.kind, ' ', subjectLink(task.subject)),
      cell('State', describe(task), task.state === 'running' && bar(task)),
      cell('Begun', formatTime(task.created_ts)),
      build('td', { class: 'end' }, task.state === 'running' && cancelButton(task, refresh)),
    ],
    isOver: ({ state }) => state !== 'running',
  });
}

/** What a task is about: a room, or somebody of whatever server. */
function subjectLink(subject) {
  return subject.startsWith('@') ? userLink(subject) : roomLink(subject, subject);
}

function describe({ state, percent, left_ms: leftMs, done, error, is_cancel_asked: isEnding }) {
  if (state === 'failed') return `failed: ${error}`;
  if (state !== 'running') return state;
  if (isEnding) return 'ending';
  const left = leftMs === null ? '' : `, about ${formatDuration(leftMs)} left`;
  return percent === null ? `${formatCount(done)} done` : `${percent} %${left}`;
}

function bar({ percent }) {
  return percent === null ? null : build('progress', { max: 100, value: String(percent), 'aria-label': 'Done' });
}

function cancelButton({ id }, refresh) {
  return confirmButton({
    ...{ label: 'Cancel', what: `task ${id}`, done: 'It ends before its next step' },
    run: () => askAsAdministrator('POST', `${path}/${id}/cancel`).then(refresh),
  });
}
