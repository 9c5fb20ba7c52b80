/** The version of the layout that a storage has, in a small file of its own. Every service checks it before all else. */
import type { BlobStore } from "./blob-store.ts";
import { layoutFile, layoutVersion } from "./layout.ts";

/**
 * Resolves when this version of the software can use the storage. A storage without the file, or with an empty one, which
 * a power cut may leave, is of version 1, and is marked so.
 *
 * @param need `reads`: the file is not written
 * @throws Error with a sentence when the storage has a newer layout, a restore into it is not finished, or the file cannot be understood; nothing is changed
 */
export async function checkLayout(
  store: Pick<BlobStore, "open" | "put" | "locate">,
  need: "writes" | "reads" = "writes",
): Promise<void> {
  const text = await (await store.open(layoutFile))?.blob.text();
  if (text) {
    const where = store.locate(layoutFile);
    const restoring = restoringIn(text);
    if (restoring !== null)
      throw new Error(`The restore of ${restoring} into this storage is not finished (${where}); run it again first`);
    const found = versionIn(text);
    if (found === null) {
      throw new Error(`${where} should hold {"version": ${layoutVersion}} and does not; nothing was changed`);
    }
    if (found > layoutVersion) {
      throw new Error(
        `The storage has layout version ${found}, and this software knows versions up to ${layoutVersion} (${where}). ` +
          "Start the version that wrote it, or a newer one; nothing was changed",
      );
    }
  } else if (need === "writes") {
    await store.put(layoutFile, `${JSON.stringify({ version: layoutVersion })}\n`);
  }
}

/** What a restore that is under way, or was interrupted, is made of; null where there is none. */
export function restoringIn(text: string): string | null {
  try {
    const { restoring } = JSON.parse(text);
    return typeof restoring === "string" ? restoring : null;
  } catch {
    return null;
  }
}

function versionIn(text: string): number | null {
  try {
    const { version } = JSON.parse(text);
    return Number.isInteger(version) && version > 0 ? version : null;
  } catch {
    return null;
  }
}
