/** The studio in Chromium where keys are needed: everything by admin's one address, with nothing but its session's cookie. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { hashOfKey, keyIdOf, newApiKey } from "@video-backend/access/api-key";
import { createWorld, makeClip, until } from "@video-backend/testing";
import type { Browser, Page, Request } from "playwright-core";
import { barriersOf, scriptBytesOf } from "../page-figures.ts";
import { chromiumPath } from "../player.ts";
import { type System, serviceNames, startSystem } from "../system.ts";
import { phone, startBrowser } from "../watch-page.ts";
import { openStudio, type Studio } from "./open-studio.ts";

const patience = { timeout: 60_000 };
const key = newApiKey();
const world = createWorld();
let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!chromiumPath) return;
  [system, browser] = await Promise.all([
    startSystem({ AUTH: "keys", REMOTE_ALLOW: "127.0.0.1", ADMIN_API_KEY: key, LOG_LEVEL: "trace" }),
    startBrowser(),
  ]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await system?.[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** With the first key, as another program. */
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${system.url.admin}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });

/** Listed, and no more than that. */
async function registerPrivateVideo(filename: string): Promise<void> {
  const hash = `private-${Math.random().toString(36).slice(2)}`;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  await fetch(`${system.url.metadata}/videos`, { method: "POST", headers, body: JSON.stringify({ hash, filename }) });
  await ask(`/videos/${hash}`, { method: "PUT", body: JSON.stringify({ visibility: "private" }) });
}

async function createKey(name: string, ...scopes: string[]): Promise<{ id: string; key: string }> {
  return (await ask("/keys", { method: "POST", body: JSON.stringify({ name, scopes }) })).json();
}

async function logIn(page: Page, given: string): Promise<void> {
  await page.getByLabel("API key").fill(given);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** Addresses of other origins than the page's that were asked. */
function watchStrays({ page }: Studio): string[] {
  const strays: string[] = [];
  page.on("request", (request) => {
    const url = request.url();
    if (url.startsWith("http") && !url.startsWith(`${system.url.admin}/`)) strays.push(url);
  });
  return strays;
}

const loginForm = (page: Page) => page.getByRole("button", { name: "Log in" }).waitFor(patience);

/** All that scripts of the page can read that outlives it. */
const storedIn = (page: Page) =>
  page.evaluate(async () => {
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    const all = [document.cookie, { ...localStorage }, { ...sessionStorage }, databases, await caches.keys()];
    return JSON.stringify(all);
  });

test.skipIf(!chromiumPath)(
  "log in, upload, watch the ladder fill, make it private, log out: the page and its event streams are closed",
  async () => {
    const file = await makeClip(world.path("holiday.mp4"), { seconds: 8, width: 320, height: 180 });
    await using studio = await openStudio(browser, system.url.admin);
    const { page } = studio;
    const strays = watchStrays(studio);
    const feeds = new Set<Request>();
    page.on("request", (request) => {
      if (request.resourceType() === "eventsource") feeds.add(request);
    });
    page.on("requestfinished", (request) => feeds.delete(request));
    page.on("requestfailed", (request) => feeds.delete(request));

    await loginForm(page);
    expect(await barriersOf(page)).toEqual([]);
    await logIn(page, newApiKey());
    await page.getByRole("alert").getByText("The key is not valid").waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    await logIn(page, "schlüssel");
    await page.getByText("That is not a key").waitFor(patience);
    await logIn(page, key);
    await page.getByRole("heading", { name: "Drop a video anywhere" }).waitFor(patience);
    const [cookie, ...others] = await page.context().cookies();
    expect([cookie?.name, cookie?.httpOnly, cookie?.sameSite, others.length]).toEqual([
      ...["studio-session", true, "Strict", 0],
    ]);
    const readable = await storedIn(page);
    expect([readable.includes(key), readable.includes(cookie?.value ?? "")]).toEqual([false, false]);

    await studio.drop(file);
    await page.getByRole("link", { name: "Watch" }).click(patience);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const strip = page.getByRole("img", { name: /^360p: / });
    await strip.waitFor(patience);
    const made = async () => /(\d+) of (\d+)/.exec((await strip.getAttribute("aria-label")) ?? "")?.slice(1) ?? [];
    await until("the ladder fills", async () => Number((await made())[0]) >= 1, 60);
    const video = page.locator("video-backend-player video");
    await video.waitFor(patience);
    await until("it is whole", async () => (await page.getByText("Everything is encoded.").count()) > 0, 200);
    const [segments, all] = await made();
    expect(segments).toBe(all ?? "");
    const playsPast = async (seconds: number) => {
      await video.evaluate((element) => (element as HTMLVideoElement).play());
      const now = () => video.evaluate((element) => (element as HTMLVideoElement).currentTime);
      await until(`it plays past ${seconds} s`, async () => (await now()) > seconds, 30);
    };
    await playsPast(0.5);

    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("radio", { name: "Private" }).check();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("This video is private.").waitFor(patience);
    const master = `${system.url.streaming}/stream/${id}/master.m3u8`;
    await until("nobody else may play it", async () => (await fetch(master)).status === 403);
    await playsPast(0.5);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "More for holiday.mp4" }).click();
    await page.getByRole("link", { name: "Download original" }).click();
    expect(await Bun.file((await (await download).path()) ?? "").bytes()).toEqual(await Bun.file(file).bytes());
    if (process.env.PICTURES) await studio.takePicture(`${process.env.PICTURES}/video.webp`);

    await until("it follows the changes", () => feeds.size > 0);
    // A second tab, which is not told that the first one logs out.
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByText("This video is private.").waitFor(patience);
    await page.bringToFront();
    const token = (await page.context().cookies())[0]?.value ?? "";
    const startedAt = performance.now();
    await page.getByRole("button", { name: "Log out (admin)" }).click();
    await loginForm(page);
    await until("its event streams are closed", () => feeds.size === 0);
    await other.bringToFront();
    await loginForm(other);
    expect((performance.now() - startedAt) / 1000).toBeLessThan(5);
    expect(new URL(page.url()).pathname).toEndWith(id);
    expect(await page.getByText("holiday.mp4").count()).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
    const replayed = () => fetch(`${system.url.admin}/videos`, { headers: { cookie: `studio-session=${token}` } });
    await until("the cookie is worth nothing", async () => (await replayed()).status === 401, 5);
    expect(strays).toEqual([]);
    expect(studio.complaints).toEqual([]);
  },
  300_000,
);

test.skipIf(!chromiumPath)(
  "a key is created, shown once, used, listed with its last use, and revoked",
  async () => {
    await using studio = await openStudio(browser, `${system.url.admin}/studio/keys`);
    const { page } = studio;
    await logIn(page, key);
    await page.getByRole("heading", { name: "API keys" }).waitFor(patience);
    await page.getByRole("button", { name: "Create key…" }).click();
    const creating = page.getByRole("dialog", { name: "Create an API key" });
    await creating.getByLabel("Name").fill("Website");
    await creating.getByRole("button", { name: "Create key" }).click();
    await creating.getByText("A key needs a scope at least.").waitFor(patience);
    await creating.getByLabel("read", { exact: false }).first().check();
    await creating.getByLabel("Expires").selectOption("In 30 days");
    expect(await barriersOf(page)).toEqual([]);
    if (process.env.PICTURES) await studio.takePicture(`${process.env.PICTURES}/create-key.webp`);
    await creating.getByRole("button", { name: "Create key" }).click();
    const shown = page.getByRole("dialog", { name: "The key “Website”" });
    const made = await shown.getByLabel("The key", { exact: true }).inputValue();
    expect(made).toMatch(/^vb_[A-Za-z0-9_-]{43}$/);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await shown.getByRole("button", { name: "Copy to the clipboard" }).click();
    await until(
      "it is in the clipboard",
      async () => (await page.evaluate(() => navigator.clipboard.readText())) === made,
    );
    expect(await barriersOf(page)).toEqual([]);
    await shown.getByRole("button", { name: "I have copied it" }).click();
    const row = page.getByRole("row", { name: /^Website/ });
    await row.getByText("never").waitFor(patience);
    expect(await page.content()).not.toContain(made);
    const use = () => fetch(`${system.url.admin}/videos`, { headers: { authorization: `Bearer ${made}` } });
    expect((await use()).status).toBe(200);
    await row.getByText("just now").nth(1).or(row.getByText("ago").nth(1)).waitFor(patience);
    await row.getByText("read", { exact: true }).waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    if (process.env.PICTURES) await studio.takePicture(`${process.env.PICTURES}/keys.webp`);

    await row.getByRole("button", { name: "Revoke Website…" }).click();
    const revoking = page.getByRole("dialog", { name: "Revoke “Website”?" });
    await revoking.getByText("refused within five seconds").waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    await revoking.getByRole("button", { name: "Revoke key" }).click();
    await row.waitFor({ ...patience, state: "detached" });
    await until("nobody takes the key", async () => (await use()).status === 401, 5);
    expect(studio.complaints).toEqual([]);
  },
  60_000,
);

test.skipIf(!chromiumPath)(
  "a webhook is created, its secret shown once, its deliveries seen, one sent again, and deleted",
  async () => {
    const received: string[] = [];
    const receiver = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        received.push(request.headers.get("webhook-id") ?? "");
        return new Response(null, { status: 204 });
      },
    });
    world.defer(() => receiver.stop(true));
    const url = `http://127.0.0.1:${receiver.port}/hook`;
    await using studio = await openStudio(browser, `${system.url.admin}/studio/webhooks`);
    const { page } = studio;
    await logIn(page, key);
    await page.getByRole("button", { name: "Create webhook…" }).click(patience);
    const creating = page.getByRole("dialog", { name: "Create a webhook" });
    await creating.getByLabel("Address").fill(url);
    await creating.getByLabel("Description").fill("My site");
    await creating.getByLabel("video.deleted").uncheck();
    expect(await barriersOf(page)).toEqual([]);
    await creating.getByRole("button", { name: "Create webhook" }).click();
    const shown = page.getByRole("dialog", { name: "The webhook is created" });
    const secret = await shown.getByLabel("The secret").inputValue(patience);
    expect(secret).toStartWith("whsec_");
    await shown.getByRole("button", { name: "I have copied it" }).click();
    const hook = page.getByRole("listitem").filter({ hasText: url });
    await hook.getByText("My site").waitFor(patience);
    expect(await page.content()).not.toContain(secret);

    await registerPrivateVideo("told.mp4");
    await hook.getByText("Deliveries").click();
    const row = hook.getByRole("row", { name: /video.created/ });
    await row.getByText("Delivered").waitFor(patience);
    expect(await barriersOf(page)).toEqual([]);
    if (process.env.PICTURES) await studio.takePicture(`${process.env.PICTURES}/webhooks.webp`);
    await row.getByRole("button", { name: "Resend video.created" }).click();
    await until("it came again, with the same id", () => received.length === 2 && received[0] === received[1], 30);
    expect(received[0]).toStartWith("evt_");

    await hook.getByRole("button", { name: `Delete ${url}…` }).click();
    await page
      .getByRole("dialog", { name: "Delete the webhook?" })
      .getByRole("button", { name: "Delete webhook" })
      .click();
    await page.getByText("There is none.").waitFor(patience);
    expect(studio.complaints).toEqual([]);
    if (process.env.PICTURES) {
      await page.setViewportSize({ width: 390, height: 844 });
      await studio.takePicture(`${process.env.PICTURES}/webhooks-phone.webp`);
    }
  },
  120_000,
);

test.skipIf(!chromiumPath)(
  "what a key does not allow is not offered, and the page says why",
  async () => {
    const reader = await createKey("reader", "read");
    const sender = await createKey("sender", "upload");
    await registerPrivateVideo("secret.mp4");
    {
      await using studio = await openStudio(browser, system.url.admin, phone);
      const { page } = studio;
      await logIn(page, reader.key);
      await page.getByText("The key “reader” cannot upload (scope upload) and cannot change").waitFor(patience);
      await page.getByRole("link", { name: "secret.mp4" }).click();
      await page.getByText("This video is private.").waitFor(patience);
      for (const name of ["Upload", "Edit", "Add captions…"]) {
        expect(await page.getByRole("button", { name, exact: true }).count()).toBe(0);
      }
      expect(await page.getByRole("link", { name: "Keys" }).count()).toBe(0);
      expect(await barriersOf(page)).toEqual([]);
      if (process.env.PICTURES) await studio.takePicture(`${process.env.PICTURES}/reader-phone.webp`);
      await page.goto(`${system.url.admin}/studio/keys`);
      await page.getByText("for keys with the scope admin").waitFor(patience);

      // It is revoked while its page is open.
      const revokedAt = performance.now();
      await page.goto(system.url.admin);
      await page.getByRole("link", { name: "secret.mp4" }).waitFor(patience);
      await ask(`/keys/${reader.id}`, { method: "DELETE" });
      await loginForm(page);
      expect((performance.now() - revokedAt) / 1000).toBeLessThan(6);
      if (process.env.PICTURES) await studio.takePicture(`${process.env.PICTURES}/login-phone.webp`);
      expect(studio.complaints).toEqual([]);
    }
    await using studio = await openStudio(browser, system.url.admin);
    const { page } = studio;
    await logIn(page, sender.key);
    await page.getByText("for keys with the scope read").waitFor(patience);
    expect(await page.getByRole("button", { name: "Upload", exact: true }).count()).toBe(1);
    expect(await scriptBytesOf(page)).toBeLessThan(150_000);
    expect(await barriersOf(page)).toEqual([]);
    expect(studio.complaints).toEqual([]);
  },
  60_000,
);

test.skipIf(!chromiumPath)(
  "an upload outlives its session: it goes on after the next login",
  async () => {
    const first = await createKey("first", "read", "upload");
    const file = await makeClip(world.path("long.mp4"), {
      seconds: 20,
      width: 640,
      height: 360,
      extra: ["-b:v", "4M"],
    });
    await using studio = await openStudio(browser, system.url.admin);
    const { page } = studio;
    await logIn(page, first.key);
    await page.getByRole("button", { name: "Upload", exact: true }).waitFor(patience);
    // The end of the key is noticed within five seconds; the file takes half a minute.
    await studio.throttleUploads(300_000);
    await studio.drop(file);
    await page.getByRole("progressbar").waitFor(patience);
    await ask(`/keys/${first.id}`, { method: "DELETE" });
    await loginForm(page);
    await studio.throttleUploads();
    await logIn(page, key);
    await page.getByRole("link", { name: "Watch" }).waitFor(patience);
  },
  90_000,
);

test("no key and no session is in any log", async () => {
  if (!chromiumPath) return;
  const logs = (await Promise.all(serviceNames.map(system.log))).join("");
  expect(logs).toContain(`"principal":"key:${keyIdOf(hashOfKey(key))} session:`);
  expect(logs).not.toMatch(/vb[sx]?_[A-Za-z0-9_-]{32}/);
});
