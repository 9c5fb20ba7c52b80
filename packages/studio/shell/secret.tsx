/** The end of a dialog that created a secret: it is shown this once, to be copied. */
import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts.ts";
import { CopyButton } from "./copy-button.tsx";

const words = texts.secret;

/** @param name what it is, such as "The key" */
export function Secret({ text, name, onClose }: { text: string; name: string; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <>
      <p role="status">{words.once}</p>
      <div class="secret">
        <input ref={field} readOnly value={text} aria-label={name} />
        <CopyButton text={text} label={words.copy} />
      </div>
      <footer class="dialog-footer">
        <button type="button" class="primary" onClick={onClose}>
          {words.kept}
        </button>
      </footer>
    </>
  );
}
