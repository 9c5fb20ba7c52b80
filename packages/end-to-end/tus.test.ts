/** An upload by tus as a page of another origin makes it: its browser asks before it sends, and shows only what it may. */
import { expect, test } from "bun:test";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { chromium } from "playwright-core";
import type { Upload, UploadOptions } from "tus-js-client";
import { chromiumPath } from "./player.ts";
import { startSystem } from "./system.ts";

const library = new URL(import.meta.resolve("tus-js-client/dist/tus.min.js")).pathname;

/** Uploads `/clip.mp4` of the page's own origin in two requests; resolves with the upload's address. */
async function uploadFromPage(endpoint: string): Promise<string> {
  const { tus } = globalThis as unknown as { tus: { Upload: new (file: Blob, options: UploadOptions) => Upload } };
  const file = await (await fetch("/clip.mp4")).blob();
  return new Promise((resolve, reject) => {
    const upload: Upload = new tus.Upload(file, {
      endpoint,
      metadata: { filename: "clip.mp4", title: "By tus" },
      chunkSize: Math.ceil(file.size / 2),
      retryDelays: null as unknown as number[],
      onSuccess: () => resolve(upload.url ?? ""),
      onError: reject,
    });
    upload.start();
  });
}

test.skipIf(!chromiumPath)(
  "a page uploads by tus, to the service and through the gateway, and what it uploaded plays",
  async () => {
    await using world = createWorld();
    await using system = await startSystem();
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 2 });
    await using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) => (url.endsWith("/clip.mp4") ? new Response(Bun.file(clip)) : new Response("")),
    });
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? "",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    world.defer(() => browser.close());
    const page = await browser.newPage();
    await page.goto(server.url.href);
    await page.addScriptTag({ path: library });

    for (const endpoint of [`${system.url.upload}/files`, `${system.url.admin}/files/`]) {
      const address = await page.evaluate(uploadFromPage, endpoint);
      const videoId = address.slice(address.lastIndexOf("/") + 1);
      expect(address).toBe(`${new URL(endpoint).origin}/files/${videoId}`);
      const video = await (await fetch(`${system.url.metadata}/videos/${videoId}`)).json();
      expect(video).toMatchObject({ hash: videoId, filename: "clip.mp4", title: "By tus" });

      const stream = `${system.url.streaming}/stream/${videoId}`;
      const playlist = await until("the master is there", async () => {
        const master = await fetch(`${stream}/master.m3u8`);
        return master.ok && (await master.text()).split("\n").find((line) => line.endsWith("playlist.m3u8"));
      });
      const lines = (await (await fetch(`${stream}/${playlist}`)).text()).split("\n");
      const segment = lines.find((line) => line.endsWith(".m4s"));
      const served = await fetch(new URL(segment ?? "", `${stream}/${playlist}`));
      expect(served.status).toBe(200);
      expect((await served.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    }
  },
  120_000,
);
