/** The studio in Chromium against the running system: from a drop to a deletion, with reloads and kills in between. */
import { expect, test } from "bun:test";
import { createWorld, until } from "@video-backend/testing";
import { source } from "@video-backend/testing/media";
import type { Page } from "playwright-core";
import { barriersOf, layoutShiftOf, scriptBytesOf } from "../page-figures.ts";
import { chromiumPath } from "../player.ts";
import { type System, startSystem } from "../system.ts";
import { startBrowser } from "../watch-page.ts";
import { openStudio } from "./open-studio.ts";

/** What the first page may load of script, compressed; the player comes later. */
const mostScriptBytes = 150_000;
const patience = { timeout: 20_000 };

/** Indexes of chunks whose answer was a success, in order. */
function watchChunks(page: Page): number[] {
  const acknowledged: number[] = [];
  page.on("response", (response) => {
    const [, index] = /\/chunks\/(\d+)$/.exec(response.url()) ?? [];
    if (index !== undefined && response.ok()) acknowledged.push(Number(index));
  });
  return acknowledged;
}

const progressOf = async (page: Page) =>
  Number(await page.getByRole("progressbar").first().getAttribute("aria-valuenow", patience));

const publicMaster = (system: System, id: string) => `${system.url.streaming}/stream/${id}/master.m3u8`;

const statusOf = async (system: System, id: string) =>
  (await (await fetch(`${system.url.admin}/transcode/${id}/status`)).json()) as { overall: string };

test.skipIf(!chromiumPath)(
  "a dropped file is uploaded through a reload, watched and sought while it is encoded, stopped, resumed, renamed, deleted",
  async () => {
    await using world = createWorld();
    const name = "bbb-h264-aac51-720p25-62s.ts";
    const [file, system, browser] = await Promise.all([
      source(name, world.path(name), { seconds: 60, width: 1280, height: 720 }),
      startSystem(),
      startBrowser(),
    ]);
    await using _system = system;
    await using _browser = { [Symbol.asyncDispose]: () => browser.close() };
    await using studio = await openStudio(browser, system.url.admin);
    const { page } = studio;
    await page.getByRole("heading", { name: "Drop a video anywhere" }).waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    expect(await layoutShiftOf(page)).toBeLessThan(0.02);
    expect(await scriptBytesOf(page)).toBeLessThan(mostScriptBytes);

    // Slow enough that the first chunks are there and the last ones are not when the page is reloaded.
    const before = watchChunks(page);
    await studio.throttleUploads(2_500_000);
    await studio.drop(file);
    const early = await until("the bar has moved", () => progressOf(page));
    await until("it moves on", async () => (await progressOf(page)) > early);
    await until("a chunk is there", () => before.length > 0);
    const kept = [...before];
    await page.reload();
    const row = page.getByRole("region", { name: "Uploads" }).getByRole("listitem");
    await row.waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    before.length = 0;
    // It goes on by itself where the browser still lets the file be read; where not, the same file is given again.
    await studio.drop(file);
    await studio.throttleUploads();
    const watch = row.getByRole("link", { name: "Watch" });
    await watch.waitFor(patience);
    expect(before.length).toBeGreaterThan(0);
    expect(before.filter((index) => kept.includes(index))).toEqual([]);

    await watch.click();
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const video = page.locator("video-backend-player video");
    await video.waitFor(patience);
    const playsPast = async (seconds: number) => {
      await video.evaluate((element) => (element as HTMLVideoElement).play());
      const isPast = async () =>
        (await video.evaluate((element) => (element as HTMLVideoElement).currentTime)) > seconds;
      await until(`it plays past ${seconds} s`, isPast, 30);
    };
    await playsPast(0.5);
    // Far ahead of the encoder, by a click on the ladder: what is not made there is made next.
    const strip = page.getByRole("img", { name: /^360p: \d+ of \d+ segments made/ });
    const { width = 0 } = (await strip.boundingBox()) ?? {};
    await strip.click({ position: { x: width * 0.95, y: 10 } });
    await playsPast(59);
    expect((await statusOf(system, id)).overall).toBe("running");
    await video.evaluate((element) => (element as HTMLVideoElement).pause());
    expect(await barriersOf(page)).toEqual([]);

    await page.getByRole("button", { name: "Stop encoding" }).click();
    await page.getByText("Stopped. What is made stays and plays.").waitFor(patience);
    await until("no encoder works on it", async () => (await statusOf(system, id)).overall === "stopped");
    await page.getByRole("button", { name: "Resume encoding" }).click();
    await page.getByRole("button", { name: "Stop encoding" }).waitFor(patience);
    await until("it is encoded again", async () => (await statusOf(system, id)).overall === "running");

    for (const service of ["metadata", "transcoding"] as const) {
      await system.kill(service);
      await page.getByText(`The ${service} service does not answer`).waitFor(patience);
      await system.start(service);
      await page.getByText("Everything is back.").waitFor(patience);
      await page.getByText(`The ${service} service does not answer`).waitFor({ ...patience, state: "detached" });
    }

    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByLabel("Title").fill("Big Buck Bunny");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Big Buck Bunny" }).waitFor(patience);

    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("radio", { name: "Private" }).check();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("This video is private.").waitFor(patience);
    await until("nobody else may play it", async () => (await fetch(publicMaster(system, id))).status === 403);
    await playsPast(0.5);

    await page.getByRole("link", { name: "System" }).click();
    await page.getByText("libx264").waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);

    await page.getByRole("link", { name: "Library" }).click();
    await page.getByRole("button", { name: "More for Big Buck Bunny" }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete “Big Buck Bunny”?" });
    await dialog.getByText("the uploaded file (").waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Delete video" }).click();
    await page.getByRole("heading", { name: "Drop a video anywhere" }).waitFor(patience);
    expect((await fetch(`${system.url.admin}/videos/${id}`)).status).toBe(404);
    expect(studio.complaints).toEqual([]);
  },
  120_000,
);
