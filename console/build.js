/**
 * Makes an element. Properties beginning with `on` are listeners, `class` and names with a dash are attributes, true
 * and false switch attributes, and all else is set as an attribute. Children are elements, texts, lists of them, or
 * nothing (null, undefined, false). Texts are only ever texts: nothing that a stranger wrote becomes markup.
 */
export function build(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let lastId = 0;

/** An id that nothing else on the page has, for labels and descriptions. */
export function newId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** Tells a screen reader what changed beside the place where it reads. */
export function announce(text) {
  const place = document.getElementById('announcements');
  place.textContent = '';
  // The same text twice would not be read twice.
  requestAnimationFrame(() => {
    place.textContent = text;
  });
}
