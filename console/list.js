import { build, newId } from './build.js';
import { loading } from './parts.js';

const searchPauseMs = 250;

/**
 * A table with a row for each of `items`. Columns are names; the empty one holds buttons. `showRow` gives the row's cells.
 */
export function table({ caption, columns, items, showRow, isOver = () => false }) {
  const body = build(
    'tbody',
    {},
    items.map((item) => build('tr', { class: isOver(item) ? 'over' : undefined }, showRow(item))),
  );
  return build(
    'table',
    { class: 'cards' },
    build('caption', {}, caption),
    build(
      'thead',
      {},
      build(
        'tr',
        {},
        columns.map((name) =>
          build('th', { scope: 'col' }, name || build('span', { class: 'visually-hidden' }, 'Actions')),
        ),
      ),
    ),
    body,
  );
}

/**
 * A list that is read page by page. `read({ search, order, from })` gives { items, next, total }; `search` names the field
 * where there is one, `orders` are [label, value] pairs. Gives the element and how to read it again.
 */
export function pagedList({ read, search, orders, empty, caption, columns, showRow, isOver }) {
  const place = build('div', { 'aria-live': 'polite' });
  const field = search && searchField(search, () => refreshSoon());
  const order = orders && orderField(orders, () => refresh());
  const asked = (from) => ({ search: field?.input.value.trim() ?? '', order: order?.input.value, from });
  const refresh = () => place.replaceChildren(loading(() => read(asked(undefined)), showFirst));
  let timer;
  const refreshSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, searchPauseMs);
  };
  const showFirst = (page) => {
    if (page.items.length === 0) return build('p', { class: 'hint' }, empty);
    const element = table({ caption: caption(page), columns, items: page.items, showRow, isOver });
    return [element, page.next !== undefined && moreButton(page.next, element)].filter(Boolean);
  };
  const moreButton = (first, element) => {
    let next = first;
    const button = build('button', { type: 'button', onclick: () => void more() }, 'Show more');
    const more = async () => {
      button.disabled = true;
      try {
        const page = await read(asked(next));
        const rows = table({ caption: '', columns, items: page.items, showRow, isOver });
        element.querySelector('tbody').append(...rows.querySelector('tbody').children);
        next = page.next;
        if (next === undefined) button.remove();
      } catch (error) {
        button.textContent = error.message;
      }
      button.disabled = false;
    };
    return button;
  };
  refresh();
  const fields = [field?.element, order?.element].filter(Boolean);
  return { element: build('div', {}, fields.length > 0 && build('div', { class: 'row' }, fields), place), refresh };
}

function searchField(label, changed) {
  const id = newId('search');
  const input = build('input', { id, type: 'search', autocomplete: 'off', maxlength: 200, oninput: changed });
  return { input, element: build('div', { class: 'field' }, build('label', { for: id }, label), input) };
}

function orderField(orders, changed) {
  const id = newId('order');
  const input = build(
    'select',
    { id, onchange: changed },
    orders.map(([label, value]) => build('option', { value }, label)),
  );
  return { input, element: build('div', { class: 'field' }, build('label', { for: id }, 'Order'), input) };
}
