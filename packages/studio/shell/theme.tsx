/** Light, dark, or as the system has it. The choice is a cookie, so that the server sends the page in it from the start. */
import { signal } from "@preact/signals";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const theme = signal<Theme>((document.documentElement.dataset.theme as Theme | undefined) ?? "auto");

const aYearSeconds = 31_536_000;

function choose(next: Theme): void {
  theme.value = next;
  const root = document.documentElement;
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  const age = next === "auto" ? 0 : aYearSeconds;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = `studio-theme=${next}; path=/; max-age=${age}; samesite=lax`;
}

const icons = { auto: "system", light: "sun", dark: "moon" } as const;

export function ThemeButton() {
  const current = theme.value;
  const next = themes[(themes.indexOf(current) + 1) % themes.length] ?? "auto";
  return (
    <button
      type="button"
      class="quiet"
      title={texts.theme[current]}
      aria-label={texts.theme[current]}
      onClick={() => choose(next)}
    >
      <Icon name={icons[current]} />
    </button>
  );
}
