/** Compares a whole storage, or a backup, with its databases, and has lost segments made again. */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { compareVideo, type Finding, strayFolders } from "./compare.ts";
import { sha256Of } from "./files.ts";
import { checkStorageThere, openRows, type Rows } from "./rows.ts";

export interface CheckOptions {
  directory: string;
  /** Whether the content of originals is read and compared with the hash that they were uploaded with. */
  withHashes: boolean;
  /** A line about how far it is. */
  show: (line: string) => void;
  onFinding: (finding: Finding) => void;
}

export interface Checked {
  videos: number;
  files: number;
  hashes: number;
  lost: number;
  stray: number;
  different: number;
  /** Videos of which transcoding can make something again. */
  toBeMade: string[];
}

const secondLookMilliseconds = 100;

/**
 * Only reads; services may run.
 *
 * @throws Error where there is no storage
 */
export async function checkStorage({ directory, withHashes, show, onFinding }: CheckOptions): Promise<Checked> {
  const checked: Checked = { videos: 0, files: 0, hashes: 0, lost: 0, stray: 0, different: 0, toBeMade: [] };
  const found = (finding: Finding) => {
    checked[finding.kind]++;
    onFinding(finding);
  };
  checkStorageThere(directory);
  using rows = openRows(directory);
  for (const id of rows.ids()) {
    checked.videos++;
    const at = `${checked.videos} videos, ${checked.files} files`;
    show(at);
    const { findings, files, originals } = await compareTwice(rows, directory, id);
    checked.files += files;
    for (const finding of findings) found(finding);
    if (findings.some(({ canBeMade }) => canBeMade) && originals.length > 0) checked.toBeMade.push(id);
    if (!withHashes) continue;
    for (const { key, bytes, sha256 } of originals) {
      if (sha256 === null) continue;
      let read = 0;
      const actual = await sha256Of(join(directory, key), (more) => {
        read += more;
        show(`${at}; reading ${key}, ${Math.floor((read / bytes) * 100)}%`);
      });
      // Deleted meanwhile.
      if (actual === null) continue;
      checked.hashes++;
      const why = `The original has the SHA-256 ${actual}, and its row says ${sha256}`;
      if (actual !== sha256) found({ kind: "different", key, videoId: id, why, canBeMade: false });
    }
  }
  for (const finding of strayFolders(rows, directory)) found(finding);
  return checked;
}

/** What a running service was about at the first look is done, or another, at the second. */
async function compareTwice(rows: Rows, directory: string, id: string) {
  const first = compareVideo(rows, directory, id);
  if (first.findings.length === 0) return first;
  await pause(secondLookMilliseconds);
  const second = compareVideo(rows, directory, id);
  const findings = second.findings.filter((one) =>
    first.findings.some(({ kind, key }) => kind === one.kind && key === one.key),
  );
  return { ...second, findings };
}
