/** Runs one ffmpeg that makes an image for people: in the background, bounded in time, and written down as encoders are. */
import type { TranscodingDeps } from "../deps.ts";
import { faultOfRun } from "../encoding/faults.ts";
import { untilThereIsRoom } from "../encoding/machine.ts";

export type ImageDeps = Pick<TranscodingDeps, "attempts" | "changes" | "disk" | "run" | "now">;

export interface ImageRun {
  videoId: string;
  name: "poster" | "storyboard";
  /** Index of the first tile, and how many; nothing for a poster. */
  first: number;
  count: number;
  command: string[];
  /** In which ffmpeg runs, where its arguments are relative. */
  directory?: string;
  timeoutSeconds: number;
}

/** As an encoder in the background. */
const imageNiceness = 10;

/**
 * Answers the lines of stdout, and what ffmpeg complained of though it went on.
 *
 * @throws Error with ffmpeg's last words when it does not end well; the signal's reason
 */
export async function runImage(deps: ImageDeps, image: ImageRun, signal: AbortSignal) {
  const { videoId, name, first, count, command, directory = ".", timeoutSeconds } = image;
  const lines: string[] = [];
  await untilThereIsRoom(deps.disk, signal, (sentence) => deps.changes.tellWaiting(videoId, sentence));
  deps.changes.tellWaiting(videoId, null);
  const startedAt = deps.now();
  const result = await deps.run("ffmpeg", command, {
    signal,
    timeoutSeconds,
    directory,
    niceness: imageNiceness,
    onLine: (line) => lines.push(line),
  });
  const fault = faultOfRun(result);
  const attempt = {
    videoId,
    chunk: { kind: "video" as const, renditions: [name], first, count },
    demanded: false,
    encoder: "mjpeg",
    command,
    startedAt,
    seconds: deps.now() - startedAt,
    exitCode: result.exitCode,
    errors: result.errors,
    fault: signal.aborted ? ("stopped" as const) : (fault?.class ?? null),
  };
  await deps.attempts.record(attempt, signal);
  signal.throwIfAborted();
  if (result.timedOut) throw new Error(`ffmpeg was not done within ${timeoutSeconds} s`);
  if (fault) throw new Error(fault.reason);
  return { lines, errors: result.errors };
}
