import { expect, test } from "bun:test";
import { playPath, splitPlayPath, withoutPlaybackToken } from "./index.ts";

test("a path that carries a token is the stream's path beside it", () => {
  expect(playPath("k.1.mac", "film", "720p/playlist.m3u8")).toBe("/play/k.1.mac/film/720p/playlist.m3u8");
  expect(splitPlayPath("/play/k.1.mac/film/720p/playlist.m3u8")).toEqual({
    token: "k.1.mac",
    streamPath: "/stream/film/720p/playlist.m3u8",
  });
  expect(splitPlayPath("/play//film/original")).toEqual({ token: "", streamPath: "/stream/film/original" });
});

test.each(["/stream/film/master.m3u8", "/play", "/play/", "/play/token", "/player/a/b", "/x/play/a/b", ""])(
  "%s carries none",
  (path) => {
    expect(splitPlayPath(path)).toBeNull();
  },
);

test("relative addresses keep the token, whatever the player does with them", () => {
  const master = new URL(`http://cdn.example${playPath("k.1.mac", "film", "master.m3u8")}`);
  const playlist = new URL("720p/playlist.m3u8", master);
  expect(new URL("../storyboard/sheet-000.jpg", new URL("segment-00001.m4s", playlist)).pathname).toBe(
    "/play/k.1.mac/film/storyboard/sheet-000.jpg",
  );
});

test("a log line tells that there was a token, and not which", () => {
  expect(withoutPlaybackToken("/play/k.1.mac/film/original")).toBe("/play/(token)/film/original");
  expect(withoutPlaybackToken("/play/k.1.mac")).toBe("/play/(token)");
  expect(withoutPlaybackToken("/stream/film/original")).toBe("/stream/film/original");
});
