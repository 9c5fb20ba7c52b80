/**
 * Following a feed of server-sent events. Browsers give up on a feed whose server answers an error, so it is opened anew
 * here; and they allow six connections to an address over all tabs, so a tab that is not seen closes its own. Whoever
 * follows reads the state again at every opening, so nothing is missed in between.
 */

import { ask } from "./ask.ts";
import { here, settings } from "./settings.ts";

export interface Feed {
  path: string;
  /** At every opening, the first one too: the moment to read what the feed will change. */
  onOpen?: () => void;
  /** By the event's name, with its data. */
  on: Record<string, (data: never) => void>;
}

const firstDelaySeconds = 1;
const longestDelaySeconds = 10;

/** Follows until the function that comes back is called. */
export function follow({ path, onOpen, on }: Feed): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delay = firstDelaySeconds;
  let isOver = false;

  function open(): void {
    clearTimeout(timer);
    source?.close();
    source = null;
    if (isOver || document.hidden) return;
    source = new EventSource(here(path));
    source.addEventListener("open", () => {
      delay = firstDelaySeconds;
      onOpen?.();
    });
    source.addEventListener("error", () => {
      source?.close();
      // A feed does not tell why it ended; this answer does, if it is because the session has.
      if (settings.auth === "keys") void ask("/session").catch(() => undefined);
      timer = setTimeout(open, delay * 1000);
      delay = Math.min(longestDelaySeconds, delay * 2);
    });
    for (const [name, listener] of Object.entries(on)) {
      source.addEventListener(name, (event) => listener(JSON.parse((event as MessageEvent<string>).data) as never));
    }
  }

  document.addEventListener("visibilitychange", open);
  addEventListener("online", open);
  open();
  return () => {
    isOver = true;
    open();
    document.removeEventListener("visibilitychange", open);
    removeEventListener("online", open);
  };
}
