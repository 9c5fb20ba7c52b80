/** Clips with subtitles, put in by the real ffmpeg. */
import { rm } from "node:fs/promises";

export interface SubtitleTrackOfClip {
  /** SubRip, or ASS where it begins with `[Script Info]`. */
  text: string;
  /** ffmpeg's name of the codec in the container, such as `subrip` or `mov_text`. */
  codec: string;
  language?: string;
  title?: string;
  /** Such as `default` or `forced`. */
  disposition?: string;
}

/**
 * Copies a clip to `target` with these tracks behind its own; the container follows from the ending.
 *
 * @param beginsAtSeconds where the file's time begins
 */
export async function addSubtitles(
  clip: string,
  target: string,
  tracks: SubtitleTrackOfClip[],
  beginsAtSeconds = 0,
): Promise<string> {
  const files = tracks.map(({ text }, index) => `${target}.${index}.${text.startsWith("[Script") ? "ass" : "srt"}`);
  await Promise.all(files.map((file, index) => Bun.write(file, tracks[index]?.text ?? "")));
  const inputs = [clip, ...files].flatMap((file) => ["-i", file]);
  const maps = [clip, ...files].flatMap((_, index) => ["-map", String(index)]);
  const codecs = tracks.flatMap(({ codec, language, title, disposition }, index) => [
    ...[`-c:s:${index}`, codec],
    ...(language ? [`-metadata:s:s:${index}`, `language=${language}`] : []),
    ...(title ? [`-metadata:s:s:${index}`, `title=${title}`] : []),
    ...[`-disposition:s:${index}`, disposition ?? "0"],
  ]);
  const offset = beginsAtSeconds > 0 ? ["-output_ts_offset", String(beginsAtSeconds)] : [];
  const command = ["ffmpeg", "-nostdin", "-v", "error", "-y", ...inputs, ...maps, "-c", "copy", ...codecs, ...offset];
  const child = Bun.spawn([...command, target], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`The clip ${target} could not be made: ${errors}`);
  await Promise.all(files.map((file) => rm(file)));
  return target;
}
