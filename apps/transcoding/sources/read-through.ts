/** Runs an ffmpeg that reads a whole source and writes one file of it, before anything is encoded. */
import { SourceError } from "@video-backend/media";
import type { TranscodingDeps } from "../deps.ts";
import { ChunkError, DiskFullError, faultOfRun } from "../encoding/faults.ts";

const attempts = 3;

/**
 * A run that was killed or made no progress is repeated.
 *
 * @param what is read, for the message: `The audio`
 * @returns what ffmpeg said of what it passed over
 * @throws SourceError when ffmpeg cannot read it; ChunkError when it was ended each time; DiskFullError; the signal's reason
 */
export async function readThrough(
  { run }: Pick<TranscodingDeps, "run">,
  what: string,
  command: string[],
  signal: AbortSignal,
): Promise<string> {
  let reason = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const result = await run("ffmpeg", command, { signal });
    const fault = faultOfRun(result);
    signal.throwIfAborted();
    if (!fault) return result.errors;
    if (fault.class === "disk") throw new DiskFullError(fault.reason);
    if (!fault.killed) throw new SourceError(`${what} could not be read through: ${fault.reason}`);
    reason = fault.reason;
  }
  throw new ChunkError(`${what} could not be read through in ${attempts} attempts: ${reason}`, "encoder");
}
