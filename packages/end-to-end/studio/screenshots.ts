/**
 * `bun run screenshots [DIR]`: every page of the studio as people see it, at desktop and phone width, light and dark, into
 * DIR (by default packages/studio/screenshots), over a system of its own with videos that are drawn on the spot. Then what
 * was measured: first paint, layout shift, bytes of script, and what axe finds serious. It takes a few minutes.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createWorld, until, type World } from "@video-backend/testing";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { barriersOf, firstPaintOf, layoutShiftOf, scriptBytesOf } from "../page-figures.ts";
import { chromiumPath } from "../player.ts";
import { type System, startSystem } from "../system.ts";
import { uploadFile } from "../upload-file.ts";
import { desktop, phone, startBrowser } from "../watch-page.ts";
import { openStudio, type Studio } from "./open-studio.ts";
import { makeSample, type SampleVideo, sampleVideos } from "./sample-videos.ts";

const patience = { timeout: 30_000 };

type Act = (studio: Studio) => Promise<unknown>;

const showsCards: Act = ({ page }) => page.getByRole("listitem").first().waitFor(patience);
const showsPlayer: Act = ({ page }) => page.locator("video-backend-player video").waitFor(patience);
const showsStoryboard: Act = ({ page }) => page.getByRole("heading", { name: "Storyboard" }).waitFor(patience);

const given = process.argv[2];
// npm runs scripts in the project's folder, and says here where it was called.
const folder = given
  ? resolve(process.env.INIT_CWD ?? "", given)
  : join(import.meta.dirname, "..", "..", "studio", "screenshots");

const looks = (["light", "dark"] as const).flatMap((colorScheme) => [
  { name: `desktop-${colorScheme}`, options: { ...desktop, colorScheme } },
  { name: `phone-${colorScheme}`, options: { ...phone, colorScheme } },
]);

if (!chromiumPath) {
  process.stderr.write("There is no Chromium here; apt-get install chromium, or set CHROMIUM_PATH.\n");
  process.exit(1);
}
await takeAll();

async function takeAll(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await using world = createWorld();
  await using system = await startSystem({ X264_PRESET: "faster" });
  const browser = await startBrowser();
  await using _ = { [Symbol.asyncDispose]: () => browser.close() };
  const figures: string[] = [];
  const { admin } = system.url;
  const scene = (name: string, path: string, ready: Act, act: Act = () => Promise.resolve()) =>
    take(browser, { name, url: `${admin}${path}`, ready, act }, figures);

  await scene("empty", "/", ({ page }) => page.getByRole("heading", { name: "Drop a video" }).waitFor(patience));
  const { shown, upload } = await fillLibrary(world, system);
  const page = `/studio/videos/${shown}`;
  await scene("encoding", page, showsPlayer, watchEncoding);
  await scene("library", "/", showsCards, (studio) => watchUpload(studio, upload));
  await until("the video is done", async () => (await statusOf(system, shown)) === "ok", 600);
  await scene("video", page, showsStoryboard);
  await scene("system", "/studio/system", ({ page }) => page.getByText("Recent errors").waitFor(patience));
  await scene("edit", page, showsStoryboard, ({ page }) =>
    page.getByRole("button", { name: "Edit", exact: true }).click(),
  );
  await scene("delete", "/", showsCards, async ({ page }) => {
    await page.getByRole("button", { name: "More for Morning tide" }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
  });
  process.stdout.write(`${folder}\n\npage, first paint s, layout shift, script kB, serious axe findings\n`);
  process.stdout.write(`${figures.join("\n")}\n`);
}

interface Scene {
  name: string;
  url: string;
  /** Waits until the page is as it will be. It is measured then, in the first look. */
  ready: Act;
  /** What is done to it for the picture. */
  act: Act;
}

/** One page in every look. */
async function take(browser: Browser, { name, url, ready, act }: Scene, figures: string[]): Promise<void> {
  for (const look of looks) {
    await using studio = await openStudio(browser, url, look.options as BrowserContextOptions);
    const { page } = studio;
    await ready(studio);
    await page.waitForLoadState("load");
    await until("pictures are there", () =>
      page.evaluate(() => [...document.images].every(({ complete, loading }) => complete || loading === "lazy")),
    );
    const isFirst = look === looks[0];
    const measured = isFirst ? [await firstPaintOf(page), await layoutShiftOf(page), await scriptBytesOf(page)] : [];
    await act(studio);
    await studio.takePicture(join(folder, `${name}-${look.name}.webp`));
    if (isFirst) {
      const [paint = 0, shift = 0, script = 0] = measured;
      const barriers = (await barriersOf(page)).join(" | ") || "none";
      figures.push([name, paint.toFixed(2), shift.toFixed(3), Math.round(script / 1000), barriers].join(", "));
    }
    process.stderr.write(`${name}-${look.name}\n`);
  }
}

/** Every sample, one that is no video and one that was stopped; the one to be shown comes last and is being encoded. */
async function fillLibrary(world: World, system: System): Promise<{ shown: string; upload: string }> {
  const [main, ...others] = sampleVideos as [SampleVideo, ...SampleVideo[]];
  const notes = world.path("field-notes.mp4");
  await Bun.write(notes, "These are notes, and not a film.\n");
  await uploadFile(system, notes);
  for (const sample of others) {
    const id = await uploadSample(world, system, sample);
    if (sample.name === "night-train.mp4")
      await fetch(`${system.url.admin}/admin/videos/${id}/stop`, { method: "POST" });
    else await until(`${sample.name} is done`, async () => (await statusOf(system, id)) === "ok", 300);
  }
  const shown = await uploadSample(world, system, main);
  await until("a third of it is made", async () => (await progressOf(system, shown)) > 30, 300);
  return { shown, upload: world.path(main.name) };
}

async function uploadSample(world: World, system: System, sample: SampleVideo): Promise<string> {
  const id = await uploadFile(system, await makeSample(world.path(sample.name), sample));
  await fetch(`${system.url.admin}/videos/${id}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title: sample.title }),
  });
  return id;
}

interface Status {
  overall: string;
  progress: number;
}

async function transcodingOf(system: System, id: string): Promise<Status> {
  return (await (await fetch(`${system.url.admin}/transcode/${id}/status`)).json()) as Status;
}

async function statusOf(system: System, id: string): Promise<string> {
  return (await transcodingOf(system, id)).overall;
}

async function progressOf(system: System, id: string): Promise<number> {
  return (await transcodingOf(system, id)).progress;
}

/** Somebody has just clicked far ahead of the encoder. */
async function watchEncoding({ page }: Studio): Promise<void> {
  const strip = page.getByRole("img", { name: /^480p: / });
  const { width = 0 } = (await strip.boundingBox()) ?? {};
  await strip.click({ position: { x: width * 0.8, y: 10 } });
  await page.locator(".strip .run.demanded, .strip b").first().waitFor(patience);
  await page.evaluate(() => scrollTo(0, innerWidth > 640 ? 250 : 0));
}

/** Another file is on its way, at the speed of a middling line. */
async function watchUpload({ page, drop, throttleUploads }: Studio, file: string): Promise<void> {
  await throttleUploads(4_000_000);
  await drop(file);
  await page
    .getByText(/ left$/)
    .first()
    .waitFor(patience);
}
