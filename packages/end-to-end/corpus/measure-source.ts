/**
 * Decodes a source with ffprobe to learn what it really holds. Claimed durations play no part, so that 39 h take a second.
 * In one thread, as ffprobe does unasked: with several, a damaged file yields a frame more or less each time.
 */
import { type Decoded, type SourceFacts, sourceFacts } from "./source-facts.ts";

/** Decoding the longest of them, six minutes of 1080p, takes about a minute. */
const timeoutSeconds = 300;

const ofStream = "index,codec_type,codec_name,width,height,sample_aspect_ratio,r_frame_rate,sample_rate";
const ofFrame = "stream_index,best_effort_timestamp_time,pkt_duration_time,nb_samples";
const entries = `stream=${ofStream}:stream_disposition=default,attached_pic:stream_side_data=rotation:frame=${ofFrame}:format=start_time`;

/** @throws Error when ffprobe does not end, or says nothing that can be read */
export async function measureSource(path: string): Promise<SourceFacts> {
  const command = ["ffprobe", "-v", "quiet", "-show_entries", entries, "-of", "json", `file:${path}`];
  const child = Bun.spawn(command, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: timeoutSeconds * 1000,
  });
  const answer = await new Response(child.stdout).text();
  await child.exited;
  if (child.signalCode) throw new Error(`The source was not decoded within ${timeoutSeconds} s`);
  return sourceFacts(JSON.parse(answer) as Decoded);
}
