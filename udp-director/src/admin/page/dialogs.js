import { byId, element } from "./dom.js";

/** @param {string} id */
function parts(id) {
  const dialog = byId(id, HTMLDialogElement);
  const form = dialog.querySelector("form");
  const error = dialog.querySelector(".error");
  if (form === null || error === null) throw new Error(`#${id} has no form`);
  return { dialog, form, error };
}

for (const button of document.querySelectorAll('dialog button[value="cancel"]')) {
  button.addEventListener("click", () => button.closest("dialog")?.close());
}

/**
 * Asks for the bearer token until there is one.
 * @param {boolean} wrong the last one was refused
 * @returns {Promise<string>}
 */
export function askToken(wrong) {
  const { dialog, form, error } = parts("sign-in");
  const input = byId("token", HTMLInputElement);
  input.value = "";
  error.textContent = wrong ? "The director refuses this token." : "";
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      dialog.close();
      resolve(input.value.trim());
      input.value = "";
    };
  });
}

/**
 * Shows a dialog and does what it is for when it is submitted. A refusal is shown in it.
 * @param {ReturnType<typeof parts>} which
 * @param {() => Promise<void>} act
 */
function confirm({ dialog, form, error }, act) {
  error.textContent = "";
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await act();
      dialog.close();
    } catch (refused) {
      error.textContent = refused instanceof Error ? refused.message : String(refused);
    }
  };
  dialog.showModal();
}

/**
 * @param {string} what is moved, for the title
 * @param {readonly string[]} backends that are offered
 * @param {(to: import("../control-schemas.ts").MoveTo) => Promise<void>} act
 */
export function askMove(what, backends, act) {
  const move = parts("move");
  const resource = byId("move-resource", HTMLInputElement);
  byId("move-title", HTMLElement).textContent = `Move ${what}`;
  byId("backend-names", HTMLDataListElement).replaceChildren(
    ...backends.map((name) => {
      const option = element("option");
      option.value = name;
      return option;
    }),
  );
  move.form.reset();
  resource.oninput = () => {
    const radio = move.form.querySelector('input[value="resource"]');
    if (radio instanceof HTMLInputElement) radio.checked = true;
  };
  confirm(move, () => {
    const chosen = new FormData(move.form).get("to");
    return act(chosen === "any" ? { any: true } : { resource: resource.value.trim() });
  });
}

/**
 * @param {string} what ends, for the title
 * @param {() => Promise<void>} act
 */
export function askEnd(what, act) {
  byId("end-title", HTMLElement).textContent = `End ${what}`;
  confirm(parts("end"), act);
}

/**
 * @param {string} title
 * @param {readonly (readonly [name: string, value: string])[]} fields
 */
export function showDetail(title, fields) {
  byId("detail-title", HTMLElement).textContent = title;
  byId("detail-fields", HTMLDListElement).replaceChildren(
    ...fields.flatMap(([name, value]) => [
      element("dt", { text: name }),
      element("dd", { text: value }),
    ]),
  );
  const dialog = byId("detail", HTMLDialogElement);
  if (!dialog.open) dialog.showModal();
}
