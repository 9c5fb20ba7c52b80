/**
 * A question that must be answered before anything else: the browser's own modal dialog, which keeps the focus within and
 * gives it back, and which Escape closes.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";

export interface DialogProps {
  heading: string;
  /** Called once, however it was closed. */
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ heading, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => dialog.current?.close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key for what a click beside the dialog does
    <dialog
      ref={dialog}
      aria-labelledby={headingId}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="dialog">
        <header>
          <h2 id={headingId}>{heading}</h2>
          <button type="button" class="quiet" aria-label={texts.close} onClick={close}>
            <Icon name="cross" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
