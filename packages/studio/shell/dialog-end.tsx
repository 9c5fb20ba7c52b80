/** The end of a dialog's form: what went wrong, the way out, and the way on. */
import { texts } from "../texts.ts";

export interface DialogEndProps {
  /** A sentence; null where nothing went wrong. */
  fault: string | null;
  onCancel: () => void;
  /** Of the button that sends the form; how it looks tells what it does. */
  tone: "primary" | "danger";
  label: string;
  isBusy: boolean;
}

export function DialogEnd({ fault, onCancel, tone, label, isBusy }: DialogEndProps) {
  return (
    <>
      <p class="fault" role="alert">
        {fault}
      </p>
      <footer>
        <button type="button" onClick={onCancel}>
          {texts.cancel}
        </button>
        <button type="submit" class={tone} disabled={isBusy}>
          {label}
        </button>
      </footer>
    </>
  );
}
