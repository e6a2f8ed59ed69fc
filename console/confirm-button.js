import { announce, build } from './build.js';

/**
 * A button for what cannot be undone: the first press asks, the second one does it. `what` names the thing to a screen
 * reader. What goes wrong is said beside the button.
 */
export function confirmButton({ label, what, run, done = 'Done' }) {
  const name = `${label} ${what}`;
  const button = build('button', { type: 'button', class: 'quiet danger', 'aria-label': name }, label);
  const problem = build('span', { class: 'problem inline', role: 'alert', hidden: true });
  let isAsked = false;
  const forget = () => {
    isAsked = false;
    button.textContent = label;
    button.setAttribute('aria-label', name);
  };
  button.addEventListener('blur', forget);
  button.addEventListener('click', async () => {
    problem.hidden = true;
    if (!isAsked) {
      isAsked = true;
      button.textContent = 'Really?';
      button.setAttribute('aria-label', `Really ${label.toLowerCase()} ${what}`);
      announce('Press again to do it');
      return;
    }
    forget();
    await act(button, problem, run, done);
  });
  return build('span', { class: 'act' }, button, problem);
}

/** A button for what can be undone: one press does it. */
export function actionButton({ label, what, run, done = 'Done', kind = 'quiet' }) {
  const button = build('button', { type: 'button', class: kind, 'aria-label': what && `${label} ${what}` }, label);
  const problem = build('span', { class: 'problem inline', role: 'alert', hidden: true });
  button.addEventListener('click', () => {
    problem.hidden = true;
    void act(button, problem, run, done);
  });
  return build('span', { class: 'act' }, button, problem);
}

async function act(button, problem, run, done) {
  button.disabled = true;
  try {
    await run();
    announce(done);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
  button.disabled = false;
}
