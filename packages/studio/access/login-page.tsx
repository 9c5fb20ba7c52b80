/** What is shown until somebody has logged in: a form for a key, which is sent once and kept nowhere. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sentenceOf } from "../shell/ask.ts";
import { logIn, session, sessionFault } from "../shell/session.ts";
import { useTitle } from "../shell/use-title.ts";
import { texts } from "../texts.ts";

const words = texts.login;
/** What fits into a header. */
const printable = /^[\x21-\x7e]+$/;

export function LoginPage() {
  useTitle(words.title);
  if (session.value === undefined) return <Unknown />;
  return <LoginForm />;
}

/** Nothing for the moment that it usually takes. */
function Unknown() {
  return (
    <main id="main" class="login">
      <p role="alert">{sessionFault.value && words.unknown(sessionFault.value)}</p>
    </main>
  );
}

function LoginForm() {
  const field = useRef<HTMLInputElement>(null);
  const fault = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  useEffect(() => field.current?.focus(), []);
  const send = async (event: Event) => {
    event.preventDefault();
    const key = field.current?.value.trim() ?? "";
    isBusy.value = true;
    fault.value = null;
    try {
      if (!printable.test(key)) throw new Error(words.notOfTheForm);
      await logIn(key);
    } catch (error) {
      fault.value = sentenceOf(error);
      isBusy.value = false;
      field.current?.select();
    }
  };
  return (
    <main id="main" class="login">
      <form class="fields panel" onSubmit={send}>
        <h1>{texts.name}</h1>
        <label for="key">{words.key}</label>
        <input
          ref={field}
          id="key"
          type="password"
          required
          autocomplete="current-password"
          spellcheck={false}
          aria-describedby="key-words key-fault"
          aria-invalid={fault.value !== null}
        />
        <p class="fault" role="alert" id="key-fault">
          {fault.value}
        </p>
        <small id="key-words">{words.words}</small>
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? words.busy : words.button}
        </button>
      </form>
    </main>
  );
}
