/** Looks for closed captions within the video, which are left out, so that the status can say so. */
import { hasClosedCaptions, whyNotText } from "@video-backend/media";
import type { TranscodingDeps } from "../deps.ts";
import type { VideoWithSource } from "./extract-tracks.ts";

const codec = "eia_608";
/** Where its row is: no folder of this name is ever made, and no language begins with a digit. */
const folder = "0-closed-captions";

export async function noteClosedCaptions(
  { run, subtitles }: Pick<TranscodingDeps, "run" | "subtitles">,
  { videoId, plan, source }: VideoWithSource,
  signal: AbortSignal,
): Promise<void> {
  if (!plan.video || !(await hasClosedCaptions(source, plan.video.stream, run, signal))) return;
  const track = {
    codec,
    language: null,
    title: "Closed captions",
    isDefault: 0,
    isForced: 0,
    updatedAt: null,
    charsets: null,
  };
  await subtitles.enter({ videoId, folder, source: "embedded", reason: whyNotText(codec), ...track });
}
