// The only way elements are made here: text is always textContent, so no data can become markup.

/**
 * @param {string} tag like `div.name.other`
 * @param {Object<string, any>} [attributes] `on` holds listeners, the rest are attributes
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'on') {
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? '' : String(value));
    }
  }
  for (const child of children)
    if (child !== null) element.append(child);
  return element;
}

/** @param {Element} element @param {...(Node | string | null)} children */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null));
}
