/**
 * The services under Deno and Node: all of them load, and streaming and admin serve a finished video over a directory. The
 * video is made, and metadata is served, by Bun.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { folders, masterFile, parseStreamPath, posterFile, streamKey } from "@video-backend/storage/layout";
import { createWorld, freePort, until } from "@video-backend/testing";
import { createTestTranscoding, placeOriginal } from "@video-backend/transcoding/testing";
import { runtimes } from "./runtimes.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const id = "film";
const world = createWorld();
let metadataUrl: string;

beforeAll(async () => {
  const { client, ended, metadata } = await createTestTranscoding(world);
  await placeOriginal(world, metadata, id);
  await client.transcode.start.$post({ json: { upload_id: id, filename: "clip.mp4" } });
  expect((await ended(id, 60)).error).toBeNull();
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => metadata.service.fetch(request) });
  world.defer(() => server.stop(true));
  metadataUrl = `http://127.0.0.1:${server.port}`;
}, 90_000);
afterAll(() => world[Symbol.asyncDispose]());

const stored = (key: string) => readFile(world.path(...key.split("/")));

async function bytesOf(response: Response): Promise<Buffer> {
  expect(`${response.url} ${response.status}`).toEndWith(" 200");
  return Buffer.from(await response.arrayBuffer());
}

/** All files that the playlists lead to from here, by their paths below the video's folder. */
async function filesFrom(base: string, path: string, found = new Map<string, Buffer>()): Promise<Map<string, Buffer>> {
  if (found.has(path)) return found;
  const bytes = await bytesOf(await fetch(`${base}/${path}`));
  found.set(path, bytes);
  if (!path.endsWith(".m3u8")) return found;
  for (const line of bytes.toString().split("\n")) {
    const name = line.startsWith("#") ? /URI="([^"]+)"/.exec(line)?.[1] : line;
    if (name) await filesFrom(base, new URL(name, `http://films.test/${path}`).pathname.slice(1), found);
  }
  return found;
}

for (const { name, command } of runtimes) {
  describe.skipIf(command === null)(`under ${name}`, () => {
    function run(file: string, environment: Record<string, string>, stdout: "pipe" | "ignore") {
      return Bun.spawn([...(command ?? []), join(root, file)], {
        cwd: root,
        env: {
          ...process.env,
          DENO_NO_UPDATE_CHECK: "1",
          STORAGE_DIR: world.directory,
          LOG_LEVEL: "warn",
          ...environment,
        },
        stdin: "ignore",
        stdout,
        stderr: "inherit",
      });
    }

    /** Answers where it is served, and a way to end it that checks its exit code. */
    async function start(service: "streaming" | "admin", environment: Record<string, string> = {}) {
      const port = String(freePort());
      const urls = { METADATA_URL: metadataUrl, [`${service.toUpperCase()}_PORT`]: port, ...environment };
      const child = run(`apps/${service}/main.ts`, urls, "ignore");
      const url = `http://127.0.0.1:${port}`;
      await until(`${service} is healthy under ${name}`, () =>
        fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      return {
        url,
        async [Symbol.asyncDispose]() {
          child.kill("SIGTERM");
          expect(await child.exited).toBe(0);
        },
      };
    }

    test("every service loads", async () => {
      const child = run("packages/end-to-end/portability/load-services.ts", {}, "pipe");
      const loaded = await new Response(child.stdout).json();
      expect(await child.exited).toBe(0);
      expect(loaded).toEqual({
        admin: "function",
        metadata: "function",
        streaming: "function",
        transcoding: "function",
        upload: "function",
      });
    });

    test("streaming plays a finished video, byte for byte", async () => {
      await using streaming = await start("streaming");
      const base = `${streaming.url}/stream/${id}`;
      const served = await filesFrom(base, masterFile);
      for (const [path, bytes] of served) expect(bytes.equals(await stored(streamKey(id, path)))).toBe(true);
      // What the playlists name is all that there is of each kind.
      const files = await readdir(world.path(folders.streams, id), { recursive: true, withFileTypes: true });
      const paths = files
        .filter((file) => file.isFile())
        .map((file) => join(file.parentPath, file.name).slice(world.path(folders.streams, id).length + 1));
      const played = paths.filter((path) => /\.m3u8$|\.m4s$|init/.test(path));
      expect([...served.keys()].sort()).toEqual(played.sort());
      expect(played.filter((path) => parseStreamPath(path)?.kind === "segment").length).toBeGreaterThan(4);
      for (const path of paths) {
        expect((await bytesOf(await fetch(`${base}/${path}`))).equals(await stored(streamKey(id, path)))).toBe(true);
      }
    });

    test("streaming serves the original, ranges, and what has not changed", async () => {
      await using streaming = await start("streaming");
      const original = await stored(`${folders.originals}/${id}/clip.mp4`);
      const address = `${streaming.url}/stream/${id}/original`;
      const whole = await fetch(address);
      expect((await bytesOf(whole)).equals(original)).toBe(true);
      const range = await fetch(address, { headers: { range: "bytes=1000-1999" } });
      expect([range.status, range.headers.get("content-range")]).toEqual([206, `bytes 1000-1999/${original.length}`]);
      expect(Buffer.from(await range.arrayBuffer()).equals(original.subarray(1000, 2000))).toBe(true);
      const etag = whole.headers.get("etag") ?? "";
      expect((await fetch(address, { headers: { "if-none-match": etag } })).status).toBe(304);
      const head = await fetch(address, { method: "HEAD" });
      expect([head.status, head.headers.get("content-length")]).toEqual([200, String(original.length)]);
      expect((await fetch(`${streaming.url}/stream/${id}/..%2f..%2fvideos.db`)).status).toBe(400);
      expect((await fetch(`${streaming.url}/watch/${id}`)).status).toBe(501);
    });

    test("admin stands in front of the others, and keeps a thumbnail", async () => {
      await using streaming = await start("streaming");
      await using admin = await start("admin", { STREAMING_URL: streaming.url });
      expect(await (await fetch(`${admin.url}/videos`)).json()).toMatchObject([{ hash: id }]);
      const poster = await stored(streamKey(id, posterFile));
      expect((await bytesOf(await fetch(`${admin.url}/video/${id}/${posterFile}`))).equals(poster)).toBe(true);
      const body = new FormData();
      body.append("file", new File([poster], "picture.jpg"));
      const saved = await fetch(`${admin.url}/thumbnail/${id}`, { method: "POST", body });
      expect(await saved.json()).toEqual({ status: "ok", hash: id, thumbnail_filename: "thumbnail.jpg" });
      expect((await bytesOf(await fetch(`${admin.url}/thumbnail/${id}`))).equals(poster)).toBe(true);
      const tooLarge = await fetch(`${admin.url}/transcode/${id}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ words: "x".repeat(100_000) }),
      });
      expect(tooLarge.status).toBe(413);
      expect((await fetch(`${admin.url}/openapi.json`)).status).toBe(200);
      const feed = await fetch(`${admin.url}/videos/events`);
      expect(feed.headers.get("content-type")).toStartWith("text/event-stream");
      await feed.body?.cancel();
    });
  });
}
