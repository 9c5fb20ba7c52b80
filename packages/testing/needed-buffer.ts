/** What the caps of a stream promise: no player needs a larger buffer than the encoder was told. */

/**
 * How large a buffer must be, in kbit, that is filled at `maxrateKbps` and gives away each packet at once when it is decoded
 * (ITU-T H.264, C.1.1), over all of the file's video. A rung keeps its caps where this is at most its `bufferKbps`.
 */
export async function neededBufferKbits(path: string, maxrateKbps: number): Promise<number> {
  const packets = ["-select_streams", "v:0", "-show_entries", "packet=dts_time,size", "-of", "csv=p=0"];
  const child = Bun.spawn(["ffprobe", "-v", "error", ...packets, path], { stdin: "ignore", stderr: "pipe" });
  const [text, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`ffprobe cannot read ${path}: ${errors}`);
  let owed = 0;
  let most = 0;
  let before: number | undefined;
  for (const line of text.trim().split("\n")) {
    const [seconds = Number.NaN, bytes = Number.NaN] = line.split(",").map(Number);
    owed = Math.max(0, owed - (seconds - (before ?? seconds)) * maxrateKbps) + (bytes * 8) / 1000;
    most = Math.max(most, owed);
    before = seconds;
  }
  return most;
}
