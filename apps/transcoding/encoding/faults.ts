/** Why a chunk was not made, as a class: what is to be done about it follows from that and not from the words. */
import { isDatabaseBusy } from "@video-backend/database/busy";
import { type RunResult, SourceError, withoutAddress } from "@video-backend/media";
import type { FaultClass } from "../states.ts";

export interface Fault {
  class: FaultClass;
  reason: string;
  /** True where frames are missing: the video is damaged there, or the encoder lost them. */
  isHole?: true;
  /** True where a signal ended ffmpeg: then it says nothing of the source. */
  killed?: boolean;
}

/** A chunk that could not be made after all attempts; the message ends with ffmpeg's last words. */
export class ChunkError extends Error {
  override name = "ChunkError";
  readonly fault: FaultClass;
  constructor(message: string, fault: FaultClass) {
    super(message);
    this.fault = fault;
  }
}

/** A write of ffmpeg found no room; the work is repeated once there is. */
export class DiskFullError extends Error {
  override name = "DiskFullError";
  readonly code = "ENOSPC";
}

/** The class of whatever ended a job. */
export function faultClassOf(error: unknown): FaultClass | null {
  if (error instanceof ChunkError) return error.fault;
  if (error instanceof SourceError) return "source";
  return isDiskFull(error) ? "disk" : null;
}

/** What an ended ffmpeg means; null when it ended well. */
export function faultOfRun(result: RunResult): Fault | null {
  if (result.exitCode === 0) return null;
  const words = result.errors.split("\n").slice(-3).join("; ");
  if (/No space left on device|Disk quota exceeded/.test(result.errors)) return { class: "disk", reason: words };
  if (result.stalledSeconds !== undefined)
    return { class: "encoder", reason: `ffmpeg made no progress for ${result.stalledSeconds} s`, killed: true };
  if (result.exitCode === null)
    return { class: "encoder", reason: `ffmpeg was ended by ${result.signalName}`, killed: true };
  return { class: "encoder", reason: `ffmpeg ended with ${result.exitCode}: ${words}` };
}

/** What a job waits for after this error, as a sentence for people; null where waiting does not help. */
export function waitAfter(error: unknown): string | null {
  if (isDiskFull(error)) return "Waiting for room on the disk: a write found none";
  return isDatabaseBusy(error) ? "Waiting for the database: another program holds it" : null;
}

/**
 * The lines of a run that are not said of a decode that begins at the same place and ends before the first frame of the run.
 *
 * @param isStart whether that place is the start of the file: damage there is nobody else's, so that only frames which refer
 *   to some before the start are passed over
 */
export function ownComplaints(errors: string, atEntry: string, isStart: boolean): string {
  const linesOf = (text: string) =>
    text.split("\n").filter((line) => !/^\s*Last message repeated \d+ times$/.test(line));
  const known = new Set(linesOf(atEntry).map(withoutAddress));
  const isOfEntry = (line: string) => known.has(withoutAddress(line)) && (!isStart || missingReference.test(line));
  return linesOf(errors)
    .filter((line) => !isOfEntry(line))
    .join("\n");
}

/** What decoders of H.264, HEVC and MPEG-4 say of it. */
const missingReference =
  /mmco: unref short failure|co located POCs unavailable|reference video missing|Missing reference video|Could not find ref with POC|first frame is no keyframe/;

/** True for the errors that a full disk makes of our own writes, the ledger's among them. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(String(error.code));
}
