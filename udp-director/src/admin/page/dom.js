/** The document, without markup from text: whatever comes from outside is a text node. */

/**
 * The page's own element of this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{ class?: string; text?: string; label?: string; onClick?: () => void }} [with_]
 * @param {Node[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, with_ = {}, ...children) {
  const made = document.createElement(tag);
  if (with_.class !== undefined) made.className = with_.class;
  if (with_.text !== undefined) made.textContent = with_.text;
  if (with_.label !== undefined) made.setAttribute("aria-label", with_.label);
  if (with_.onClick !== undefined) made.addEventListener("click", with_.onClick);
  made.append(...children);
  return made;
}

/**
 * Writes only what has changed, so that a selection stays.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A button of a table's row.
 * @param {string} text
 * @param {string} label what it does, for those who do not see the row
 * @param {() => void} onClick
 */
export function rowButton(text, label, onClick) {
  const button = element("button", { text, label, onClick });
  button.type = "button";
  return button;
}

/**
 * @param {string} text
 * @param {string} [tone] good, warn or bad
 */
export const badge = (text, tone = "") => element("span", { class: `badge ${tone}`, text });

/**
 * A table's rows by key. Rows stay the same elements while their item is there, so that neither
 * the keyboard's focus nor a selection is lost when the figures change.
 * @template Item
 */
export class Rows {
  #body;
  #empty;
  #keyOf;
  #make;
  /** @type {Map<string, { row: HTMLTableRowElement; update: (item: Item) => void }>} */
  #rows = new Map();

  /**
   * @param {string} body id of the tbody
   * @param {string} empty id of what is shown instead of no rows
   * @param {(item: Item) => string} keyOf
   * @param {(item: Item) => { cells: HTMLTableCellElement[]; update: (item: Item) => void }} make
   */
  constructor(body, empty, keyOf, make) {
    this.#body = byId(body, HTMLTableSectionElement);
    this.#empty = byId(empty, HTMLElement);
    this.#keyOf = keyOf;
    this.#make = make;
  }

  /** @param {readonly Item[]} items */
  show(items) {
    const gone = new Set(this.#rows.keys());
    items.forEach((item, at) => {
      const key = this.#keyOf(item);
      gone.delete(key);
      let known = this.#rows.get(key);
      if (known === undefined) {
        const { cells, update } = this.#make(item);
        known = { row: element("tr", {}, ...cells), update };
        this.#rows.set(key, known);
      }
      known.update(item);
      const there = this.#body.rows[at];
      if (there !== known.row) this.#body.insertBefore(known.row, there ?? null);
    });
    for (const key of gone) {
      this.#rows.get(key)?.row.remove();
      this.#rows.delete(key);
    }
    this.#empty.hidden = items.length > 0;
  }
}
