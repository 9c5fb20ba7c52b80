/** What has happened, said once: shown for a moment, and read out by screen readers. */
import { signal } from "@preact/signals";

const shownSeconds = 5;

const message = signal<{ text: string; tone: "good" | "bad" } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says it. What is bad stays until the next message or a click. */
export function announce(text: string, tone: "good" | "bad" = "good"): void {
  clearTimeout(timer);
  message.value = { text, tone };
  if (tone === "good") timer = setTimeout(() => (message.value = null), shownSeconds * 1000);
}

export function Announcements() {
  const current = message.value;
  return (
    <div class="announcements" role="status">
      {current && (
        <button type="button" class={`announcement ${current.tone}`} onClick={() => (message.value = null)}>
          {current.text}
        </button>
      )}
    </div>
  );
}
