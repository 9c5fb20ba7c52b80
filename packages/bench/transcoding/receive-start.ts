/** Asks for a stream's start as a player does: the master, then a playlist, its init segment and its first segment. */
import { attributesOf } from "@video-backend/end-to-end/inspect-stream";
import { getWhenThere } from "../poll.ts";

/** Resolves when the first segments of the lowest rung and of the audio are received; each file is waited for. */
export async function receiveStart(masterUrl: string, signal: AbortSignal): Promise<void> {
  const lines = await linesOf(masterUrl, signal);
  const rungs = lines.flatMap((line, index) => {
    if (!line.startsWith("#EXT-X-STREAM-INF:")) return [];
    return [{ rate: Number(attributesOf(line).BANDWIDTH), uri: lines[index + 1] ?? "" }];
  });
  const lowest = rungs.toSorted((a, b) => a.rate - b.rate)[0];
  const audio = lines.find((line) => line.startsWith("#EXT-X-MEDIA:TYPE=AUDIO"));
  if (!lowest || !audio) throw new Error(`${masterUrl} lists no video or no audio:\n${lines.join("\n")}`);
  const uris = [lowest.uri, attributesOf(audio).URI ?? ""];
  await Promise.all(uris.map((uri) => receiveFirstSegment(new URL(uri, masterUrl), signal)));
}

async function receiveFirstSegment(playlistUrl: URL, signal: AbortSignal): Promise<void> {
  const lines = await linesOf(playlistUrl, signal);
  const map = lines.find((line) => line.startsWith("#EXT-X-MAP:"));
  const first = lines.find((line) => line !== "" && !line.startsWith("#"));
  if (!map || !first) throw new Error(`${playlistUrl} lists no segment:\n${lines.join("\n")}`);
  await getWhenThere(new URL(attributesOf(map).URI ?? "", playlistUrl), signal);
  await getWhenThere(new URL(first, playlistUrl), signal);
}

async function linesOf(url: string | URL, signal: AbortSignal): Promise<string[]> {
  return new TextDecoder().decode(await getWhenThere(url, signal)).split("\n");
}
