/** What the tab is called. */
import { useEffect } from "preact/hooks";
import { texts } from "../texts.ts";

export function useTitle(page: string): void {
  useEffect(() => {
    document.title = texts.title(page);
  }, [page]);
}
