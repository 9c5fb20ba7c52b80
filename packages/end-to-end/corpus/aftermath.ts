/** What must still hold when all files have been through: the services are well, and the storage holds what it should. */
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { type System, serviceNames } from "../system.ts";

/** A sentence for each difference. */
export async function checkAftermath(system: System): Promise<string[]> {
  const differences: string[] = [];
  for (const name of serviceNames) {
    const response = await fetch(`${system.url[name]}/health`).catch(() => null);
    if (response?.status !== 200) differences.push(`/health of ${name} answers ${response?.status ?? "nothing"}`);
  }
  const entries = await readdir(system.storage, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const strays = straysIn(files.map((file) => relative(system.storage, file)));
  if (strays.length > 0) differences.push(`The storage holds what does not belong there: ${strays.join(", ")}`);
  return differences;
}

/** Of the files below the storage directory, those that nobody owns. SQLite keeps two beside each database. */
export const straysIn = (files: string[]): string[] =>
  files.filter(
    (file) =>
      !/^((originals|hls|transcoding|thumbnails|private)\/.*|[a-z]+\.db(-wal|-shm)?|playback-keys\.json|layout\.json)$/.test(
        file,
      ),
  );
