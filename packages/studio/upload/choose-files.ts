/**
 * Files from the reader: chosen or dropped. Where the browser gives handles they come along, so that a reload need not ask
 * for the file again.
 */
import type { ChosenFile } from "./upload.ts";

/** Opens the browser's own dialog; nothing where it is closed without a choice. */
export function chooseFiles(multiple = true): Promise<ChosenFile[]> {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", multiple });
  return new Promise((resolve) => {
    input.addEventListener("change", () => {
      resolve([...(input.files ?? [])].map((file) => ({ file, handle: null })));
    });
    input.addEventListener("cancel", () => resolve([]));
    input.click();
  });
}

interface HandleGiver {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** What was dropped; folders are left out. Everything is taken in hand at once, for the event forgets it soon. */
export async function droppedFiles(transfer: DataTransfer): Promise<ChosenFile[]> {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const taken = items.map((item) => {
    const isFolder = item.webkitGetAsEntry()?.isDirectory ?? false;
    const handle = (item as HandleGiver).getAsFileSystemHandle?.().catch(() => null);
    return { file: isFolder ? null : item.getAsFile(), handle };
  });
  const files = await Promise.all(
    taken.map(async ({ file, handle }) => {
      const given = await handle;
      return file && { file, handle: given?.kind === "file" ? (given as FileSystemFileHandle) : null };
    }),
  );
  return files.filter((file) => file !== null);
}
