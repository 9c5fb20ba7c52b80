/** How tests look at images: by their size, and by how bright an area of them is. */
import { run } from "@video-backend/media";

async function linesOf(program: string, args: string[]): Promise<string[]> {
  const lines: string[] = [];
  const result = await run(program, args, { timeoutSeconds: 10, onLine: (line) => lines.push(line) });
  if (result.exitCode !== 0) throw new Error(`${program} ${args.join(" ")}: ${result.errors}`);
  return lines;
}

/** Such as `1280x720`. */
export async function sizeOf(path: string): Promise<string> {
  const question = ["-show_entries", "stream=width,height", "-of", "csv=p=0:s=x"];
  return (await linesOf("ffprobe", ["-v", "error", ...question, path])).join("");
}

/** Mean luma from 0 to 255, of all or of an area as media fragments write it: `x,y,w,h`. */
export async function brightnessOf(path: string, xywh?: string): Promise<number> {
  const [x, y, width, height] = xywh?.split(",") ?? [];
  const crop = xywh ? [`crop=${width}:${height}:${x}:${y}`] : [];
  const filters = [...crop, "signalstats", "metadata=mode=print:file=-:key=lavfi.signalstats.YAVG"].join(",");
  const lines = await linesOf("ffmpeg", ["-v", "error", "-nostdin", "-i", path, "-vf", filters, "-f", "null", "-"]);
  return Number(lines.at(-1)?.split("=")[1]);
}
