/** Files may be dropped anywhere on any page; the cover says so while they are held over it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { go, location, pages } from "../shell/location.ts";
import { texts } from "../texts.ts";
import { droppedFiles } from "./choose-files.ts";
import { uploads } from "./uploads.ts";

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

export function DropCover() {
  const isOver = useSignal(false);
  useEffect(() => {
    // A drag enters and leaves every element that it crosses.
    let depth = 0;
    const on = <Name extends "dragenter" | "dragover" | "dragleave" | "drop">(
      name: Name,
      react: (event: DragEvent) => void,
    ) => {
      const listener = (event: DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        react(event);
      };
      document.addEventListener(name, listener);
      return () => document.removeEventListener(name, listener);
    };
    const leave = (to: number) => {
      depth = Math.max(0, to);
      isOver.value = depth > 0;
    };
    const off = [
      on("dragenter", () => leave(depth + 1)),
      on("dragover", () => undefined),
      on("dragleave", () => leave(depth - 1)),
      on("drop", async ({ dataTransfer }) => {
        leave(0);
        if (!dataTransfer) return;
        const files = await droppedFiles(dataTransfer);
        if (files.length === 0) return;
        uploads.add(files);
        if (location.value.path !== pages.library) go(pages.library);
      }),
    ];
    return () => {
      for (const end of off) end();
    };
  }, []);
  return (
    <div class={`drop-cover ${isOver.value ? "over" : ""}`} aria-hidden="true">
      <p>{texts.upload.drop}</p>
    </div>
  );
}
