// Runs inside the page that is looked at; its value is a list of { what, element }. Contrast and sizes are those of
// WCAG 2.2 AA: https://www.w3.org/TR/WCAG22/#contrast-minimum, https://www.w3.org/TR/WCAG22/#target-size-minimum
(() => {
  const faults = [];
  const visible = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility());
  const report = (what, element) => faults.push({ what, element: element.outerHTML.slice(0, 120) });

  if (document.documentElement.scrollWidth > innerWidth) report('wider than the screen', document.documentElement);
  if (document.querySelectorAll('h1').length !== 1) report('not exactly one main heading', document.body);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of ids.filter((each, index) => ids.indexOf(each) !== index))
    report(`the id ${id} twice`, document.body);

  const isNamed = (element) =>
    Boolean(element.ariaLabel || element.textContent.trim() || element.querySelector('img')?.alt);
  for (const element of visible) {
    if (element.matches('input, select, textarea')) {
      if (!element.ariaLabel && !element.labels?.[0]?.textContent.trim()) report('no label', element);
    }
    if (element.matches('a, button') && !isNamed(element)) report('no name', element);
    if (element.matches('img') && !element.hasAttribute('alt')) report('no text instead of the picture', element);
    const { width, height } = element.getBoundingClientRect();
    if (element.matches('button') && (width < 24 || height < 24)) report('too small to hit', element);
  }

  const readColour = (text) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return { channels: [red, green, blue], alpha };
  };
  const luminance = ({ channels }) => {
    const [red, green, blue] = channels.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = (element) => {
    if (!element) return { channels: [255, 255, 255], alpha: 1 };
    const colour = readColour(getComputedStyle(element).backgroundColor);
    return colour.alpha > 0 ? colour : background(element.parentElement);
  };
  for (const element of visible) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!hasText || element.closest('.visually-hidden, .skip-link')) continue;
    const [dark, light] = [readColour(getComputedStyle(element).color), background(element)]
      .map(luminance)
      .toSorted((one, other) => one - other);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) report(`contrast of only ${contrast.toFixed(2)}`, element);
  }
  return faults;
})();
