/**
 * Behind nginx as people set it up: HTTP/1.0 to the service, below a path that the proxy takes off, with the Host of the
 * proxy or its own. The studio, tus, the watch page and the reference work there as they do without it.
 */
import { expect, test } from "bun:test";
import { mkdir, readFile } from "node:fs/promises";
import { createWorld, freePort, makeClip, until, type World } from "@video-backend/testing";
import { Upload } from "tus-js-client";
import { chromiumPath } from "./player.ts";
import { openStudio } from "./studio/open-studio.ts";
import { startSystem } from "./system.ts";
import { openWatchPage, startBrowser } from "./watch-page.ts";

/** Debian has it where only root is meant to start it. */
const nginx = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin` });
/** The reason in the name of a test that is skipped. */
const needed = nginx && chromiumPath ? "" : " (skipped: needs apt-get install nginx-light chromium)";
const patience = { timeout: 30_000 };

/** Starts nginx with these locations; answers its address. */
async function startNginx(world: World, locations: string): Promise<string> {
  const folder = world.path("nginx");
  await mkdir(folder);
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  await Bun.write(
    `${folder}/nginx.conf`,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
      client_max_body_size 0;
      server { listen 127.0.0.1:${port}; ${locations} }
    }`,
  );
  const child = Bun.spawn([nginx ?? "nginx", "-p", folder, "-c", `${folder}/nginx.conf`], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  world.defer(async () => {
    child.kill();
    await child.exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await until("nginx answers", async () => (await fetch(url).catch(() => null)) !== null);
  return url;
}

test.skipIf(!nginx || !chromiumPath)(
  `below a prefix, by HTTP/1.0 and by HTTP/1.1, what works without a proxy works${needed}`,
  async () => {
    await using world = createWorld();
    await using system = await startSystem();
    const { admin, streaming } = system.url;
    const origin = await startNginx(
      world,
      `proxy_buffering off;
      location /media/ { proxy_pass ${admin}/; proxy_http_version 1.0; }
      location /a/b/ { proxy_pass ${admin}/; proxy_http_version 1.1; proxy_set_header Host $http_host; }
      location /streams/ { proxy_pass ${streaming}/; proxy_http_version 1.0; }`,
    );
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 2, width: 320, height: 180 });
    const browser = await startBrowser();
    world.defer(() => browser.close());

    for (const base of [`${origin}/media`, `${origin}/a/b`]) {
      await using studio = await openStudio(browser, `${base}/`);
      const { page } = studio;
      const astray: string[] = [];
      page.on("request", (request) => {
        const url = request.url();
        if (url.startsWith("http") && !url.startsWith(`${base}/`)) astray.push(url);
      });
      await page.getByRole("link", { name: "System" }).waitFor(patience);
      await studio.drop(clip);
      const watch = page.getByRole("region", { name: "Uploads" }).getByRole("link", { name: "Watch" });
      await watch.waitFor(patience);
      await watch.click();
      const videoPage = page.url();
      expect(videoPage).toStartWith(`${base}/studio/videos/`);
      const playsOn = async () => {
        const video = page.locator("video-backend-player video");
        await video.waitFor(patience);
        await video.evaluate((element) => (element as HTMLVideoElement).play());
        const seconds = () => video.evaluate((element) => (element as HTMLVideoElement).currentTime);
        await until("it plays", async () => (await seconds()) > 0.5, 30);
      };
      await playsOn();
      // The address of a page is one, and leads on and back.
      await page.reload();
      await playsOn();
      await page.getByRole("link", { name: "System" }).click();
      await page.waitForURL(`${base}/studio/system`);
      await page.reload();
      await page.goBack();
      await page.waitForURL(videoPage);
      expect(astray).toEqual([]);
      expect(studio.complaints).toEqual([]);

      const uploaded = await uploadByTus(`${base}/files`, clip);
      expect(uploaded).toStartWith(`${base}/files/`);
      expect(await uploadByTus(`${base}/files/`, clip)).toStartWith(`${base}/files/`);
      const videoId = uploaded.slice(uploaded.lastIndexOf("/") + 1);
      for (const served of [base, `${origin}/streams`]) {
        await until("its master is there", async () => (await fetch(`${served}/stream/${videoId}/master.m3u8`)).ok);
        await using watched = await openWatchPage(browser, `${served}/watch/${videoId}?autoplay=1&muted=1`);
        await watched.playsPast(0.5);
      }
      await using docs = await openStudio(browser, `${base}/docs`);
      await docs.page.getByRole("heading", { name: "Admin service" }).first().waitFor(patience);
    }
  },
  180_000,
);

async function uploadByTus(endpoint: string, path: string): Promise<string> {
  const file = await readFile(path);
  return new Promise((resolve, reject) => {
    const upload: Upload = new Upload(file as unknown as File, {
      endpoint,
      metadata: { filename: "clip.mp4" },
      chunkSize: Math.ceil(file.length / 2),
      retryDelays: null as unknown as number[],
      onSuccess: () => resolve(upload.url ?? ""),
      onError: reject,
    });
    upload.start();
  });
}
