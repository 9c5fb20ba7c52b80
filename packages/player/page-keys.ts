/** Keys for a page that is about its player: a viewer need not find the picture with the Tab key first. */

/** Hands the player what is pressed while nothing on the page has the focus. */
export function forwardKeys(controller: HTMLElement, closing: AbortSignal): void {
  const forward = (event: KeyboardEvent) => {
    if (event.target !== document.body) return;
    const copy = new KeyboardEvent(event.type, { ...keysOf(event), bubbles: false, cancelable: true });
    if (!controller.dispatchEvent(copy)) event.preventDefault();
  };
  document.addEventListener("keydown", forward, { signal: closing });
  document.addEventListener("keyup", forward, { signal: closing });
}

/** A spread copies nothing of an event: its members are its prototype's. */
const keysOf = ({ key, code, shiftKey, altKey, ctrlKey, metaKey, repeat }: KeyboardEvent): KeyboardEventInit => ({
  key,
  code,
  shiftKey,
  altKey,
  ctrlKey,
  metaKey,
  repeat,
});
