/** A chunk with all that its making needs to know. */
import type { Chunk, Plan } from "@video-backend/media";

export interface ChunkOfVideo {
  videoId: string;
  plan: Plan;
  source: string;
  soundSource: string;
  chunk: Chunk;
  /** `now`: somebody waits for it, or will at once; it runs at full priority, on all processors. */
  pace: "now" | "background";
  /** Whether a player asked for it. */
  demanded: boolean;
  /** Encoders that failed on this video; shared by all its chunks, so that it changes encoder once. */
  failedEncoders: Set<string>;
}

/** What ffmpeg opens for this chunk. */
export const sourceOf = ({ chunk, source, soundSource }: ChunkOfVideo): string =>
  chunk.kind === "sound" ? soundSource : source;
