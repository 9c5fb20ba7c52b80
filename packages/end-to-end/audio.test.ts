/** Audio as a listener has it: several tracks, audio alone, and videos that are shorter; hls.js in Chromium. */
import { expect, test } from "bun:test";
import { run } from "@video-backend/media";
import { createWorld, until } from "@video-backend/testing";
import { chromiumPath, openPlayer, type Player } from "./player.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

const video = (seconds: number) => ["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=25:duration=${seconds}`];
const tone = (hertz: number, seconds: number) => ["-f", "lavfi", "-i", `sine=frequency=${hertz}:duration=${seconds}`];

async function play(system: System, path: string, inputs: string[], outputs: string[]): Promise<Player> {
  const made = await run("ffmpeg", ["-nostdin", "-v", "error", ...inputs, ...outputs, path]);
  expect(made).toMatchObject({ exitCode: 0, errors: "" });
  const videoId = await uploadFile(system, path, 1);
  await until("it is transcoded", async () => {
    const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
    return ((await response.json()) as { overall: string }).overall === "ok";
  });
  return openPlayer(`${system.url.streaming}/stream/${videoId}/master.m3u8`);
}

const hasEnded = (player: Player) =>
  player.page.waitForFunction(() => (document.getElementById("video") as HTMLVideoElement).ended, null, {
    timeout: 30_000,
  });

test.skipIf(!chromiumPath)(
  "every track can be chosen; audio alone plays; a video that is late and short is held",
  async () => {
    await using world = createWorld();
    await using system = await startSystem();
    const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    {
      const languages = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"];
      const preset = ["-disposition:a:0", "0", "-disposition:a:1", "default"];
      const mapped = ["-map", "0", "-map", "1", "-map", "2", ...codecs, ...languages, ...preset];
      const inputs = [...video(10), ...tone(440, 10), ...tone(880, 10)];
      await using player = await play(system, world.path("two.mkv"), inputs, mapped);
      await player.playsPast(0.5);
      const tracks = () =>
        player.page.evaluate(() => {
          const { hls } = globalThis as unknown as { hls: { audioTracks: { name: string }[]; audioTrack: number } };
          return [hls.audioTracks.map((track) => track.name).join(), hls.audioTrack];
        });
      expect(await tracks()).toEqual(["German,English", 0]);
      await player.page.evaluate(() => {
        (globalThis as unknown as { hls: { audioTrack: number } }).hls.audioTrack = 1;
      });
      await player.playsPast(2);
      expect(await tracks()).toEqual(["German,English", 1]);
      expect(await player.errors()).toEqual([]);
    }
    {
      await using player = await play(system, world.path("alone.m4a"), tone(440, 3), ["-c:a", "aac"]);
      await hasEnded(player);
      expect(await player.currentTime()).toBeGreaterThan(2.9);
      expect(await player.errors()).toEqual([]);
    }
    {
      const inputs = ["-itsoffset", "1", ...video(2), ...tone(440, 9)];
      await using player = await play(system, world.path("short.mkv"), inputs, codecs);
      await player.playsPast(0.2);
      expect(await player.videoHeight()).toBe(180);
      await hasEnded(player);
      expect(await player.currentTime()).toBeGreaterThan(8.9);
      expect(await player.errors()).toEqual([]);
    }
  },
  120_000,
);
