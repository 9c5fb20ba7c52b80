/** A private video as its viewers and everybody else have it: hls.js and Shaka in Chromium against the running system. */
import { expect, test } from "bun:test";
import { addSubtitles, createWorld, makeClip, until } from "@video-backend/testing";
import { openDashPlayer } from "./dash-player.ts";
import { chromiumPath, openPlayer, type Player } from "./player.ts";
import { serviceNames, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

test.skipIf(!chromiumPath)(
  "a private video plays, seeks and shows subtitles by its token alone, whoever is down, and no log has the token",
  async () => {
    await using world = createWorld();
    await using system = await startSystem({ LOG_LEVEL: "trace" });
    const plain = await makeClip(world.path("plain.mp4"), { seconds: 6, width: 320, height: 180 });
    const words = { text: "1\n00:00:02,000 --> 00:00:03,000\nHello\n", codec: "mov_text", language: "eng" };
    const file = await addSubtitles(plain, world.path("film.mp4"), [words]);
    const [open, film] = [await uploadFile(system, plain), await uploadFile(system, file)];
    const { admin, streaming, transcoding } = system.url;
    for (const videoId of [open, film]) {
      await until("it is done", async () => {
        const { overall } = (await (await fetch(`${transcoding}/transcode/status/${videoId}`)).json()) as {
          overall: string;
        };
        return overall === "ok";
      });
    }
    const status = async (url: string) => (await fetch(url)).status;
    const master = `${streaming}/stream/${film}/master.m3u8`;
    expect(await status(master)).toBe(200);

    await fetch(`${admin}/videos/${film}`, { method: "PUT", ...inJson({ visibility: "private" }) });
    await until("it is closed", async () => (await status(master)) === 403, 3);
    const asked = await fetch(`${admin}/videos/${film}/playback-token`, { method: "POST" });
    const { token, paths } = (await asked.json()) as {
      token: string;
      paths: { master: string; manifest: string; original: string };
    };

    {
      await using stranger = await openPlayer(master);
      await until("the player gives up", async () => (await stranger.errors()).length > 0);
      expect(await stranger.errors()).toEqual(["networkError manifestLoadError fatal"]);
    }
    {
      await using viewer = await openPlayer(streaming + paths.master);
      await viewer.playsPast(0.5);
      await viewer.seek(4.5);
      await viewer.playsPast(4.8);
      await viewer.seek(1.5);
      await viewer.playsPast(1.8);
      expect((await viewer.showSubtitles("English")).map((cue) => cue.text)).toEqual(["Hello"]);
      expect(await viewer.errors()).toEqual([]);
      expect(await nativeHeight(viewer, streaming + paths.original)).toBe(180);
      expect(await nativeHeight(viewer, `${streaming}/stream/${film}/original`)).toBe(0);
    }
    {
      await using viewer = await openDashPlayer(streaming + paths.manifest);
      await viewer.playsPast(0.5);
      await viewer.seek(4.5);
      await viewer.playsPast(4.8);
      expect(await viewer.errors()).toEqual([]);
    }
    expect(await status(`${streaming}/stream/${film}/manifest.mpd`)).toBe(403);
    expect(await status(admin + paths.master)).toBe(200);
    expect(await status(`${admin}/play/${token}x/${film}/master.m3u8`)).toBe(403);

    await system.kill("metadata");
    await system.kill("transcoding");
    await system.kill("streaming");
    await system.start("streaming");
    for (const path of ["master.m3u8", "360p/playlist.m3u8", "original", "qualities", "poster.jpg"]) {
      expect(await status(`${streaming}/stream/${film}/${path}`)).toBe(403);
    }
    expect(await status(`${streaming}/stream/${open}/master.m3u8`)).toBe(200);
    {
      await using viewer = await openPlayer(streaming + paths.master);
      await viewer.playsPast(0.5);
      expect(await viewer.errors()).toEqual([]);
    }
    await system.kill("streaming");
    expect(await status(admin + paths.master)).toBe(503);

    const logs = (await Promise.all(serviceNames.map(system.log))).join("");
    expect(logs).toContain(`"path":"/play/(token)/${film}/master.m3u8"`);
    expect(logs).toContain(`"path":"/stream/${film}/master.m3u8"`);
    expect(logs).not.toContain(token.slice(-24));
  },
  120_000,
);

const inJson = (body: unknown): RequestInit => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** Height of the video that the browser makes of a file by itself; 0 when it makes none. */
const nativeHeight = (player: Player, url: string): Promise<number> =>
  player.page.evaluate((source) => {
    const video = document.createElement("video");
    video.src = source;
    return new Promise<number>((resolve) => {
      video.onloadeddata = () => resolve(video.videoHeight);
      video.onerror = () => resolve(0);
    });
  }, url);
