/** A button that puts text into the clipboard and says so. */
import { useSignal } from "@preact/signals";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";

const shownSeconds = 2;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const isCopied = useSignal(false);
  const copy = async () => {
    if (!(await intoClipboard(text))) return;
    isCopied.value = true;
    setTimeout(() => (isCopied.value = false), shownSeconds * 1000);
  };
  return (
    <button
      type="button"
      class="quiet"
      aria-label={isCopied.value ? texts.copied : label}
      title={texts.copy}
      onClick={copy}
    >
      <Icon name={isCopied.value ? "check" : "copy"} />
    </button>
  );
}

/** The clipboard's own API is for secure pages only. */
async function intoClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
