// Making and changing elements. Nothing is written that is already so: live regions then say only what is new.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `on` are listeners, `text` its text, null and false attributes are left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name === "text") made.textContent = value;
    else set(made, name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Set, or take away (null, undefined, false), an attribute. */
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else {
    const wanted = value === true ? "" : String(value);
    if (node.getAttribute(name) !== wanted) node.setAttribute(name, wanted);
  }
}

export function setText(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/** An icon of the sprite, as decoration. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", iconAddress(name));
  svg.append(use);
  return svg;
}

export function setIcon(svg, name) {
  set(svg.querySelector("use"), "href", iconAddress(name));
}

const iconAddress = (name) => (name.startsWith("p-") ? `#${name}` : `/static/icons.svg#${name}`);

/** Make the children of `list` those of `items`: made once for each key, updated in place, in order. */
export function keyed(list, items, keyOf, make, update = () => {}) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let place = list.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let node = old.get(key);
    old.delete(key);
    if (!node) {
      node = make(item);
      node.dataset.key = key;
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

export const byId = (id) => document.getElementById(id);
