/** Running an ffmpeg that has to end well. */
import type { Run } from "@video-backend/media";

/** Far more than anything here takes. */
const timeoutSeconds = 400;

/** @throws Error with ffmpeg's words when it fails; the signal's reason when that ended it */
export async function runToEnd(run: Run, command: string[], signal?: AbortSignal): Promise<void> {
  const { exitCode, errors } = await run("ffmpeg", command, { timeoutSeconds, ...(signal && { signal }) });
  signal?.throwIfAborted();
  if (exitCode !== 0) throw new Error(`ffmpeg ended with ${exitCode}: ${errors}`);
}
