/** The form of a dialog: its fields, and below them what went wrong, the way out, and the way on. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { texts } from "../texts.ts";
import { sentenceOf } from "./ask.ts";

export interface DialogFormProps {
  /** Of the button that sends the form; how it looks tells what it does. */
  tone: "primary" | "danger";
  label: string;
  /** Instead of the label while the form is sent. */
  busyLabel: string;
  onCancel: () => void;
  /** What it throws is shown as a sentence, and the form can be sent again. */
  send: (form: FormData) => Promise<void>;
  children: ComponentChildren;
}

export function DialogForm({ tone, label, busyLabel, onCancel, send, children }: DialogFormProps) {
  const isBusy = useSignal(false);
  const fault = useSignal<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    isBusy.value = true;
    fault.value = null;
    try {
      await send(new FormData(event.currentTarget as HTMLFormElement));
    } catch (error) {
      fault.value = sentenceOf(error);
      isBusy.value = false;
    }
  };
  return (
    <form class="fields" onSubmit={submit}>
      {children}
      <p class="fault" role="alert">
        {fault.value}
      </p>
      <footer>
        <button type="button" onClick={onCancel}>
          {texts.cancel}
        </button>
        <button type="submit" class={tone} disabled={isBusy.value}>
          {isBusy.value ? busyLabel : label}
        </button>
      </footer>
    </form>
  );
}
