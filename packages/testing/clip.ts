/** Small clips made by the real ffmpeg, for tests that encode. */

export interface Clip {
  seconds?: number;
  width?: number;
  height?: number;
  /** Frames a second, such as `25` or `24000/1001`. */
  rate?: string;
  audio?: boolean;
  /** Further output arguments, before the path. */
  extra?: string[];
}

/** Writes a moving test video with a tone; the container follows from the path's ending. */
export async function makeClip(path: string, clip: Clip = {}): Promise<string> {
  const { seconds = 3, width = 640, height = 360, rate = "25", audio = true, extra = [] } = clip;
  const video = ["-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${rate}:duration=${seconds}`];
  const tone = audio ? ["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`] : [];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", ...(audio ? ["-c:a", "aac"] : [])];
  const command = ["ffmpeg", "-nostdin", "-v", "error", "-y", ...video, ...tone, ...codecs, ...extra, path];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`The clip ${path} could not be made: ${errors}`);
  return path;
}
