/** The seed document's workflow, in bash and curl as a user types it, and everything that the streams then claim. */
import { expect, test } from "bun:test";
import { createWorld, until } from "@video-backend/testing";
import { source } from "@video-backend/testing/media";
import { inspectStream } from "./inspect-stream.ts";
import { videoOf } from "./sources.ts";
import { type System, startSystem } from "./system.ts";

const workflow = `
set -euo pipefail
upload_id=$(curl -sSf -F filename="$(basename "$FILE")" -F total_chunks=1 "$UPLOAD/upload/init" | sed 's/.*"upload_id":"\\([^"]*\\)".*/\\1/')
curl -sSf -o /dev/null -F upload_id="$upload_id" -F index=0 -F file=@"$FILE" "$UPLOAD/upload/chunk"
curl -sSf -o /dev/null -F upload_id="$upload_id" "$UPLOAD/upload/complete"
until curl -sSf "$TRANSCODING/transcode/status/$upload_id" | grep -q '"overall":"ok"'; do sleep 0.3; done
printf %s "$upload_id"
`;

async function runWorkflow(system: System, file: string): Promise<string> {
  const environment = { ...process.env, FILE: file, UPLOAD: system.url.upload, TRANSCODING: system.url.transcoding };
  const shell = Bun.spawn(["bash", "-c", workflow], {
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const videoId = await new Response(shell.stdout).text();
  expect(await shell.exited).toBe(0);
  return videoId;
}

test.each([
  ["bbb-h264-aac51-720p25-62s.ts", ["360p", "480p", "720p"], { seconds: 20, width: 1280, height: 720 }],
  ["h264-aac-1080p25-26s.mp4", ["360p", "480p", "720p", "1080p"], { seconds: 10, width: 1920, height: 1080 }],
])(
  "%s comes out whole, and its playlists tell the truth",
  async (name, rungs, otherwise) => {
    await using world = createWorld();
    await using system = await startSystem();
    const file = await source(name, world.path(name), otherwise);
    const original = await videoOf(file);
    const videoId = await runWorkflow(system, file);
    const { videos, audios } = await inspectStream(`${system.url.streaming}/stream/${videoId}/master.m3u8`);

    expect(videos.map((rung) => rung.uri)).toEqual(rungs.map((rung) => `${rung}/playlist.m3u8`));
    const audioPeak = peak(audios[0]?.segments ?? []);
    for (const rung of videos) {
      expect(rung.decodeErrors).toEqual([]);
      expect(rung.ended).toBe(true);
      expect(rung.frames).toBe(original.frames);
      expect(Math.abs(rung.listedSeconds - original.seconds)).toBeLessThanOrEqual(1 / original.frameRate);
      expect(rung.keyFrames).toEqual(videos[0]?.keyFrames ?? []);
      for (const [index, time] of rung.keyFrames.entries()) {
        const boundary = index < 3 ? index : (index - 2) * 4;
        expect(time - boundary).toBeGreaterThanOrEqual(-0.001);
        expect(time - boundary).toBeLessThan(1 / original.frameRate);
      }
      expect(`${Math.min(rung.width, rung.height)}p`).toBe(rung.uri.split("/")[0] ?? "");
      expect(rung.attributes.RESOLUTION).toBe(`${rung.width}x${rung.height}`);
      expect(rung.attributes.CODECS).toBe(`avc1.4d40${rung.level.toString(16)},mp4a.40.2`);
      expect([rung.codec, rung.profile, audios[0]?.codec, audios[0]?.profile]).toEqual(["h264", "Main", "aac", "LC"]);
      expect(Number(rung.attributes["FRAME-RATE"])).toBeCloseTo(rung.frameRate, 2);
      expect(Number(rung.attributes.BANDWIDTH)).toBeCloseTo(peak(rung.segments) + audioPeak, -2);
    }
    expect(audios).toHaveLength(1);
    expect(audios[0]?.decodeErrors).toEqual([]);

    const video = await (await fetch(`${system.url.metadata}/videos/${videoId}`)).json();
    expect(video).toMatchObject({ hash: videoId, filename: name });
    await until("metadata has heard of it", async () => {
      const { transcoding_status } = (await (await fetch(`${system.url.metadata}/videos/${videoId}`)).json()) as {
        transcoding_status: string;
      };
      return transcoding_status === "completed";
    });
  },
  240_000,
);

/** The largest rate of any segments in a row that last half to one and a half target durations (RFC 8216, 4.1). */
function peak(segments: { bytes: number; durationSeconds: number }[]): number {
  const rates = segments.flatMap((_, first) =>
    segments.slice(first).map((_, more) => {
      const row = segments.slice(first, first + more + 1);
      const seconds = row.reduce((sum, segment) => sum + segment.durationSeconds, 0);
      const bits = row.reduce((sum, segment) => sum + segment.bytes * 8, 0);
      return seconds >= 2 && seconds <= 6 ? bits / seconds : 0;
    }),
  );
  return Math.max(...rates);
}
