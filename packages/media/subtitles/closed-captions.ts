/**
 * Closed captions within the video (ATSC A/53): no stream of the file tells of them, only decoded frames do. They come
 * with every frame from the first on where a broadcast has them, also while nobody speaks.
 */
import { guardedInput, type Run } from "../spawn.ts";

const lookedAtPackets = 12;
const timeoutSeconds = 20;
/** Nobody waits for it. */
const niceness = 19;

/** True where the first frames of this stream carry captions; false also where they cannot be decoded. */
export async function hasClosedCaptions(
  source: string,
  stream: number,
  run: Run,
  signal: AbortSignal,
): Promise<boolean> {
  let found = false;
  const onLine = (line: string) => {
    found ||= line.includes("A53 Part 4 Closed Captions");
  };
  await run("ffprobe", closedCaptionsQuestion(source, stream), { signal, onLine, timeoutSeconds, niceness });
  return found;
}

export function closedCaptionsQuestion(source: string, stream: number): string[] {
  return [
    ...["-v", "error", "-threads", "1", ...guardedInput],
    ...["-select_streams", String(stream), "-read_intervals", `%+#${lookedAtPackets}`],
    ...["-show_entries", "frame=side_data_list:side_data=side_data_type", "-of", "csv=p=0", "-i", `file:${source}`],
  ];
}
