import { askAsAdministrator } from './ask.js';
import { announce, build, newId } from './build.js';
import { actionButton, confirmButton } from './confirm-button.js';
import { table } from './list.js';
import { cell, formatTime, loading, section } from './parts.js';

const path = '/_holdfast/v1/admin/monitor';
const hourMs = 3_600_000;
/** The monitor looks for requests every five seconds. */
const doneAfterMs = 6_000;
const severities = { page: 'wakes somebody', warning: 'warning', notice: 'for your information' };

/** What the monitor says is wrong, who is on call, and what happened. */
export function showAlerts() {
  const place = build('div', { 'aria-live': 'polite' });
  const read = () => askAsAdministrator('GET', path);
  const show = ({ monitor }) => (monitor ? showMonitor(monitor, refreshSoon) : showNone());
  const refresh = () => {
    if (!place.isConnected) return;
    read().then(
      (seen) => place.replaceChildren(...[show(seen)].flat()),
      () => {},
    );
  };
  const refreshSoon = () => {
    announce('The monitor does it within five seconds');
    setTimeout(refresh, doneAfterMs);
  };
  place.append(loading(read, show));
  return place;
}

function showNone() {
  const text = 'No monitor watches this server. It starts with the server when somebody can be told: set ';
  return build('p', { class: 'hint' }, text, build('code', {}, 'monitor.paging'), ' in holdfast.yaml.');
}

function showMonitor(monitor, changed) {
  const silent = build(
    'p',
    { class: 'problem', role: 'alert' },
    `No monitor watches now. This is what the last one knew on ${formatTime(monitor.saved_ts)}.`,
  );
  return [
    !monitor.watches && silent,
    section('Now', showIncidents(monitor, changed)),
    section('On call', showDuty(monitor, changed)),
    section('Silenced and planned', showSilences(monitor, changed)),
    section('What happened', showTimeline(monitor)),
  ].filter(Boolean);
}

function showIncidents({ incidents }, changed) {
  if (incidents.length === 0) return build('p', {}, 'Nothing is wrong.');
  return incidents.map((incident) => showIncident(incident, changed));
}

function showIncident(incident, changed) {
  const id = newId('incident');
  const taken = incident.taken_by
    ? `${incident.taken_by} has taken it.`
    : incident.told.length > 0
      ? `Called: ${incident.told.join(', ')}. Nobody has taken it yet.`
      : 'Nobody was called.';
  return build(
    'article',
    { class: 'incident', 'aria-labelledby': id },
    build('h3', { id }, incident.headline),
    incident.loses_data && build('p', { class: 'problem' }, 'Data is being lost: this cannot be silenced.'),
    build('p', { class: 'hint' }, `${severities[incident.severity]}, since ${formatTime(incident.opened_ts)}`),
    build('p', {}, taken),
    incident.symptoms.length > 0 && build('p', {}, 'With it:'),
    incident.symptoms.length > 0 &&
      build(
        'ul',
        {},
        incident.symptoms.map((each) => build('li', {}, each)),
      ),
    build(
      'div',
      { class: 'row' },
      takeButton(incident, changed),
      !incident.loses_data && silenceForm(incident, changed),
    ),
    noteForm(incident, changed),
  );
}

function takeButton({ id, headline, can_be_taken: canBeTaken }, changed) {
  if (!canBeTaken) return null;
  return actionButton({
    ...{ label: 'I take it', what: headline, done: 'It is yours', kind: '' },
    run: () => askAsAdministrator('POST', `${path}/take`, { incident: id }).then(changed),
  });
}

function silenceForm({ rules, headline }, changed) {
  const [hoursId, reasonId] = [newId('hours'), newId('reason')];
  const hours = build(
    'select',
    { id: hoursId },
    [1, 4, 24].map((count) => build('option', { value: String(count) }, count === 1 ? '1 hour' : `${count} hours`)),
  );
  const reason = build('input', { id: reasonId, maxlength: 500, autocomplete: 'off' });
  const silence = async () => {
    if (reason.value.trim() === '') {
      reason.focus();
      throw new Error('Please say why.');
    }
    const body = { rules, duration_ms: Number(hours.value) * hourMs, reason: reason.value.trim() };
    await askAsAdministrator('POST', `${path}/silences`, body);
    changed();
  };
  return build(
    'details',
    {},
    build('summary', {}, 'Silence'),
    build('div', { class: 'field' }, build('label', { for: hoursId }, 'For'), hours),
    build('div', { class: 'field' }, build('label', { for: reasonId }, 'Why'), reason),
    actionButton({ label: 'Silence', what: headline, run: silence, done: 'It wakes nobody' }),
  );
}

function noteForm({ id, headline }, changed) {
  const inputId = newId('note');
  const input = build('input', { id: inputId, maxlength: 1000, autocomplete: 'off' });
  const write = async () => {
    if (input.value.trim() === '') {
      input.focus();
      throw new Error('Please write something.');
    }
    await askAsAdministrator('POST', `${path}/notes`, { incident: id, text: input.value.trim() });
    changed();
  };
  return build(
    'details',
    {},
    build('summary', {}, 'Tell everybody'),
    build('div', { class: 'field' }, build('label', { for: inputId }, 'On the public status page'), input),
    actionButton({ label: 'Publish', what: `a note on ${headline}`, run: write, done: 'Published' }),
  );
}

function showDuty(monitor, changed) {
  const { on_duty: onDuty, shifts, people = [], overrides = [] } = monitor;
  if (onDuty.length === 0) return build('p', { class: 'problem' }, 'Nobody is on call: a page would reach no one.');
  return [
    build(
      'p',
      {},
      'Called first: ',
      build('strong', {}, onDuty[0]),
      onDuty.length > 1 && `, then ${onDuty.slice(1).join(', ')}`,
    ),
    shifts.length > 1 &&
      table({
        caption: 'The next shifts',
        columns: ['Who', 'From', 'Until'],
        items: shifts,
        showRow: (shift) => [
          cell('Who', shift.person),
          cell('From', formatTime(shift.from_ts)),
          cell('Until', formatTime(shift.to_ts)),
        ],
      }),
    overrides.length > 0 && showOverrides(overrides, changed),
    people.length > 1 && overrideForm(people, changed),
  ].filter(Boolean);
}

function showOverrides(overrides, changed) {
  return table({
    caption: 'Who stands in',
    columns: ['Who', 'From', 'Until', 'Planned by', ''],
    items: overrides,
    showRow: (each) => [
      cell('Who', each.person),
      cell('From', formatTime(each.from_ts)),
      cell('Until', formatTime(each.to_ts)),
      cell('Planned by', each.by),
      build(
        'td',
        { class: 'end' },
        confirmButton({
          ...{ label: 'End', what: `the standing in of ${each.person}`, done: 'It ends' },
          run: () => askAsAdministrator('DELETE', `${path}/overrides/${encodeURIComponent(each.id)}`).then(changed),
        }),
      ),
    ],
  });
}

/** Somebody stands in from a time until another one, as the clock of whoever looks shows them. */
function overrideForm(people, changed) {
  const [personId, fromId, untilId] = [newId('person'), newId('from'), newId('until')];
  const person = build(
    'select',
    { id: personId },
    people.map((each) => build('option', { value: each }, each)),
  );
  const from = build('input', { id: fromId, type: 'datetime-local' });
  const until = build('input', { id: untilId, type: 'datetime-local' });
  const plan = async () => {
    if (until.value === '') {
      until.focus();
      throw new Error('Please say until when.');
    }
    const times = { to_ts: new Date(until.value).getTime() };
    if (from.value !== '') times.from_ts = new Date(from.value).getTime();
    await askAsAdministrator('POST', `${path}/overrides`, { person: person.value, ...times });
    changed();
  };
  return build(
    'details',
    {},
    build('summary', {}, 'Let somebody stand in'),
    build('div', { class: 'field' }, build('label', { for: personId }, 'Who'), person),
    build('div', { class: 'field' }, build('label', { for: fromId }, 'From (empty: now)'), from),
    build('div', { class: 'field' }, build('label', { for: untilId }, 'Until'), until),
    actionButton({ label: 'Plan', what: 'who stands in', run: plan, done: 'Planned' }),
  );
}

function showSilences({ silences, silenceable = [] }, changed) {
  return [
    silences.length === 0
      ? build('p', { class: 'hint' }, 'Nothing is silenced or planned here.')
      : listSilences(silences, changed),
    maintenanceForm(silenceable, changed),
  ];
}

function listSilences(silences, changed) {
  const namesOf = ({ rules }) => (rules.length === 0 ? 'all alerts' : rules.join(', '));
  return table({
    caption: 'What wakes nobody for a while',
    columns: ['Alerts', 'From', 'Until', 'Why', ''],
    items: silences,
    showRow: (silence) => [
      cell('Alerts', namesOf(silence)),
      cell('From', formatTime(silence.from_ts)),
      cell('Until', formatTime(silence.until_ts)),
      cell('Why', `${silence.reason} (${silence.by})`),
      build(
        'td',
        { class: 'end' },
        confirmButton({
          ...{ label: 'End', what: `the silence of ${namesOf(silence)}`, done: 'It ends' },
          run: () => askAsAdministrator('DELETE', `${path}/silences/${encodeURIComponent(silence.id)}`).then(changed),
        }),
      ),
    ],
  });
}

/** Work that is planned, between two times as the clock of whoever looks shows them. */
function maintenanceForm(silenceable, changed) {
  const [rulesId, fromId, untilId, reasonId] = [newId('rules'), newId('from'), newId('until'), newId('reason')];
  const rules = build(
    'select',
    { id: rulesId, multiple: true, size: 6 },
    silenceable.map((each) => build('option', { value: each }, each)),
  );
  const from = build('input', { id: fromId, type: 'datetime-local' });
  const until = build('input', { id: untilId, type: 'datetime-local' });
  const reason = build('input', { id: reasonId, maxlength: 500, autocomplete: 'off' });
  const plan = async () => {
    for (const [input, what] of [
      [until, 'until when'],
      [reason, 'why'],
    ]) {
      if (input.value.trim() !== '') continue;
      input.focus();
      throw new Error(`Please say ${what}.`);
    }
    const body = { to_ts: new Date(until.value).getTime(), reason: reason.value.trim() };
    if (from.value !== '') body.from_ts = new Date(from.value).getTime();
    body.rules = [...rules.selectedOptions].map(({ value }) => value);
    await askAsAdministrator('POST', `${path}/maintenance`, body);
    changed();
  };
  return build(
    'details',
    {},
    build('summary', {}, 'Plan maintenance'),
    build('p', { class: 'hint' }, 'That data is being lost always wakes somebody.'),
    build('div', { class: 'field' }, build('label', { for: fromId }, 'From (empty: now)'), from),
    build('div', { class: 'field' }, build('label', { for: untilId }, 'Until'), until),
    build('div', { class: 'field' }, build('label', { for: rulesId }, 'Alerts that wake nobody (none: all)'), rules),
    build('div', { class: 'field' }, build('label', { for: reasonId }, 'Why'), reason),
    actionButton({ label: 'Plan', what: 'maintenance', run: plan, done: 'Planned' }),
  );
}

function showTimeline({ timeline }) {
  if (timeline.length === 0) return build('p', { class: 'hint' }, 'Nothing has happened yet.');
  return table({
    caption: 'The newest first',
    columns: ['When', 'What'],
    items: timeline,
    showRow: (entry) => [cell('When', formatTime(entry.at_ts)), cell('What', entry.text)],
  });
}
