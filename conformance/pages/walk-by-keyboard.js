// Runs inside the page that is walked through with the Tab key. `start` notes what is to be reached and watches where the
// focus goes; `finish` gives a list of { what, element }.
// https://www.w3.org/TR/WCAG22/#keyboard, #no-keyboard-trap, #focus-visible, #focus-order
(() => {
  const controls =
    'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex]:not([tabindex^="-"])';
  const faults = [];
  const visited = [];
  const report = (what, element) => faults.push({ what, element: element.outerHTML.slice(0, 160) });

  const isReachable = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.disabled) return false;
    if (element.matches(':disabled') || element.closest('[inert]')) return false;
    if (element.matches('summary')) return element.parentElement?.querySelector(':scope > summary') === element;
    // Of a group of radio buttons the chosen one is reached, or one of them; the arrow keys lead to the others.
    if (element.type !== 'radio') return true;
    const group = [...document.querySelectorAll('input[type="radio"]')].filter((each) => each.name === element.name);
    return group.every((each) => !each.checked) ? group[0] === element : element.checked;
  };

  // What says that the focus is here: an outline of the element, or of the box that it is drawn in.
  const isMarked = (element) => {
    for (let each = element, height = 0; each && height < 3; each = each.parentElement, height++) {
      const { outlineStyle, outlineWidth } = getComputedStyle(each);
      if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) return true;
    }
    return false;
  };
  const isOnScreen = (element) => {
    const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  };

  const look = ({ target }) => {
    if (visited.includes(target)) return;
    visited.push(target);
    if (!isMarked(target)) report('the focus is not seen', target);
    if (!isOnScreen(target)) report('has the focus and is not on the screen', target);
  };
  const expected = [...document.querySelectorAll(controls)].filter(isReachable);
  document.activeElement?.blur();
  scrollTo(0, 0);
  // The next Tab begins at the top.
  const top = document.createElement('span');
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus();
  addEventListener('focusin', look);

  window.keyboardWalk = {
    count: expected.length,
    isAround: () =>
      document.activeElement === document.body || (visited.length > 1 && document.activeElement === visited[0]),
    finish() {
      removeEventListener('focusin', look);
      top.remove();
      document.activeElement?.blur();
      scrollTo(0, 0);
      const missed = expected.filter((each) => each.isConnected && isReachable(each) && !visited.includes(each));
      for (const element of missed) report('not reached with the Tab key', element);
      for (const [index, element] of visited.entries()) {
        const before = visited[index - 1];
        if (!before?.isConnected || !element.isConnected) continue;
        if (before.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING) report('out of order', element);
      }
      return faults;
    },
  };
})();
