import { announce, build, newId } from './build.js';

/** A page's heading; focus goes to it when the page changes, so that a screen reader begins there. */
export function heading(text) {
  return build('h1', { tabindex: '-1' }, text);
}

/** A labelled field. `options`: label, hint, name, type, and further attributes of the input. */
export function field({ label, hint, before, after, name, ...attributes }) {
  const id = newId(name);
  const hintId = hint && `${id}-hint`;
  const input = build('input', { id, name, type: 'text', 'aria-describedby': hintId, ...attributes });
  const box = before || after ? build('div', { class: 'affixed' }, affix(before), input, affix(after)) : input;
  const element = build(
    'div',
    { class: 'field' },
    build('label', { for: id }, label),
    box,
    hint && build('p', { class: 'hint', id: hintId }, hint),
  );
  return { element, input };
}

function affix(text) {
  return text && build('span', { class: 'affix' }, text);
}

/** A new password, which can be looked at instead of typed twice. */
export function newPasswordField({ label = 'Password', minimumLength }) {
  const hint = `At least ${minimumLength} characters. A few words in a row are easier to remember than signs.`;
  const { element, input } = field({
    ...{ label, hint, name: 'password', type: 'password', autocomplete: 'new-password', required: true },
    minlength: minimumLength,
  });
  const toggle = build(
    'button',
    {
      type: 'button',
      class: 'inside',
      'aria-label': 'Show the password',
      onclick() {
        const shown = input.type === 'text';
        input.type = shown ? 'password' : 'text';
        toggle.textContent = shown ? 'Show' : 'Hide';
        toggle.setAttribute('aria-label', `${toggle.textContent} the password`);
      },
    },
    'Show',
  );
  const box = build('div', { class: 'affixed' });
  input.replaceWith(box);
  box.append(input, toggle);
  return { element, input };
}

/**
 * A form that runs `submit` and shows what went wrong. The button says `busy` meanwhile. `fieldOf(error)` names the
 * input to blame.
 */
export function form({ children, action, busy, submit, fieldOf = () => undefined, secondary }) {
  const errorId = newId('error');
  const problem = build('p', { class: 'problem', role: 'alert', id: errorId, hidden: true });
  const button = build('button', { class: 'primary', type: 'submit' }, action);
  const element = build(
    'form',
    { novalidate: true },
    children,
    problem,
    build('p', { class: 'actions' }, button, secondary),
  );
  let running = false;
  const blame = (message, input) => {
    problem.textContent = message;
    problem.hidden = false;
    if (!input) return;
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-errormessage', errorId);
    input.focus();
  };
  element.addEventListener('input', (event) => event.target.removeAttribute('aria-invalid'));
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (running) return;
    problem.hidden = true;
    for (const input of element.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
    const wrong = [...element.elements].find((input) => input.willValidate && !input.validity.valid);
    if (wrong) return blame(explain(wrong), wrong);
    running = true;
    button.textContent = busy;
    element.setAttribute('aria-busy', 'true');
    try {
      await submit();
    } catch (error) {
      blame(error.message, fieldOf(error));
    } finally {
      running = false;
      button.textContent = action;
      element.removeAttribute('aria-busy');
    }
  });
  return element;
}

function explain(input) {
  const name = input.labels?.[0]?.textContent ?? 'This';
  if (input.validity.valueMissing) return `${name}: please fill this in.`;
  if (input.validity.tooShort) return `${name}: at least ${input.minLength} characters, please.`;
  return `${name}: ${input.validationMessage}`;
}

/** Puts a text into the clipboard. False where the browser does not let pages do that: at addresses without TLS. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce('Copied');
    return true;
  } catch {
    return false;
  }
}

/** A text to take along, with a button that copies it. `label` names it to a screen reader. */
export function copyable(text, label) {
  const shown = build('code', {}, text);
  const button = build(
    'button',
    { type: 'button', class: 'quiet', 'aria-label': `Copy ${label}`, onclick: () => void copy() },
    'Copy',
  );
  async function copy() {
    const isCopied = await copyText(text);
    if (!isCopied) {
      getSelection().selectAllChildren(shown);
      announce('Selected: copy it with your keyboard');
    }
    button.textContent = isCopied ? 'Copied' : 'Selected';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_500);
  }
  return build('span', { class: 'copyable' }, shown, button);
}

/** Lines for a file or a terminal, with a button that copies them. */
export function codeBlock(text, label) {
  const block = copyable(text, label);
  block.classList.add('block');
  return block;
}

export function qrCode(text, caption) {
  const source = `/_holdfast/v1/qr-code?text=${encodeURIComponent(text)}`;
  return build(
    'figure',
    { class: 'qr' },
    build('img', { src: source, alt: `QR code of ${text}`, width: 148, height: 148 }),
    build('figcaption', {}, caption),
  );
}

/** A panel with a heading of its own. */
export function section(title, ...children) {
  const id = newId('section');
  return build('section', { class: 'panel', 'aria-labelledby': id }, build('h2', { id }, title), children);
}

/** Shows what `load` gives, built by `show`; until then that it is coming, and what went wrong if it did. */
export function loading(load, show) {
  const place = build('div', { class: 'loading', 'aria-busy': 'true' }, build('p', { class: 'hint' }, 'One moment …'));
  const run = async () => {
    try {
      const shown = show(await load());
      place.replaceChildren(...[shown].flat());
    } catch (error) {
      const again = build('button', { type: 'button', class: 'quiet', onclick: () => void run() }, 'Try again');
      place.replaceChildren(build('p', { class: 'problem', role: 'alert' }, error.message), build('p', {}, again));
    }
    place.removeAttribute('aria-busy');
  };
  void run();
  return place;
}

/** A cell of a table that becomes a list on narrow screens; `label` is its column. */
export function cell(label, ...content) {
  return build('td', { 'data-label': label }, build('div', {}, content));
}

/** A time of the server, in milliseconds, as people here write it. */
export function formatTime(timeMs) {
  return new Date(timeMs).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

export function externalLink(href, text) {
  return build('a', { href, rel: 'noreferrer', target: '_blank' }, text);
}
