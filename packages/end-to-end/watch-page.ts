/** The watch page in the real Chromium, as its viewers have it: clicked, touched, typed at, and looked at. */
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { barriersOf, layoutShiftOf } from "./page-figures.ts";
import { chromiumPath } from "./player.ts";

export interface WatchPage extends AsyncDisposable {
  page: Page;
  /** What the console, scripts and the Content-Security-Policy complained of, and requests that went wrong. */
  complaints: string[];
  /** Waits until the video has moved past this time. */
  playsPast(seconds: number): Promise<void>;
  /** Waits until the video stands at this time, give or take half a second, and the controls know. */
  standsAt(seconds: number): Promise<void>;
  /** A property of the media element. */
  media<Name extends keyof HTMLVideoElement>(name: Name): Promise<HTMLVideoElement[Name]>;
  /** Waits until a property of the media element is so. */
  mediaIs<Name extends keyof HTMLVideoElement>(name: Name, value: HTMLVideoElement[Name]): Promise<void>;
  /** What a menu of the settings offers. */
  choices(menu: string): Promise<string[]>;
  /** Chooses in a menu of the settings. */
  choose(menu: string, choice: string): Promise<void>;
  /** The cues that are shown now. */
  captions(): Promise<string[]>;
  /** What axe finds that is serious or worse: the rule, and where. */
  barriers(): Promise<string[]>;
  /** How far what was already shown has moved since the page was opened; 0 is not at all (layout-shift, WICG). */
  layoutShift(): Promise<number>;
}

/** A phone held upright. */
export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };

export async function startBrowser(): Promise<Browser> {
  if (!chromiumPath) throw new Error("There is no Chromium here");
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-gpu", ...quiet] });
}

/** Opens the page in a context of its own, without anything that another page has left. */
export async function openWatchPage(browser: Browser, url: string, on = desktop): Promise<WatchPage> {
  const context = await browser.newContext(on);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    const loading = message.text().startsWith("Failed to load resource");
    if (["error", "warning"].includes(message.type()) && !loading) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("response", (answer) => {
    if (answer.status() >= 400)
      complaints.push(`${answer.status()} ${new URL(answer.url()).pathname.split("/").at(-1)}`);
  });
  await page.goto(url);
  const video = page.locator("video");
  const settings = page.locator("media-settings-menu");

  /** Opens the menu, does something with its items, and leaves all menus closed. */
  async function inMenu<Value>(name: string, act: (items: Locator) => Promise<Value>): Promise<Value> {
    const menu = settings.locator("media-settings-menu-item", { hasText: name }).first();
    const items = menu.locator("media-chrome-menu-item");
    await page.mouse.move(400, 300);
    await page.locator("media-settings-menu-button").click();
    await settings.waitFor({ state: "visible" });
    if ((await menu.getAttribute("aria-expanded")) !== "true") await menu.click();
    await items.first().waitFor({ state: "visible" });
    const value = await act(items);
    while (await settings.isVisible()) await page.keyboard.press("Escape");
    return value;
  }

  return {
    page,
    complaints,
    choices: (menu) => inMenu(menu, (items) => items.allTextContents()),
    choose: (menu, choice) => inMenu(menu, (items) => items.filter({ hasText: choice }).first().click()),
    playsPast: async (seconds) => {
      const isPast = (element: Element, time: number) => (element as HTMLVideoElement).currentTime > time;
      await until(page, () => video.evaluate(isPast, seconds));
    },
    standsAt: async (seconds) => {
      const isNear = (controls: Element, time: number) => {
        const { currentTime } = controls.querySelector("video") as HTMLVideoElement;
        const told = Number(controls.getAttribute("mediacurrenttime"));
        return [currentTime, told].every((one) => Math.abs(one - time) < 0.5);
      };
      await until(page, () => page.locator("media-controller").evaluate(isNear, seconds));
    },
    media: (name) => video.evaluate((element, key) => element[key as never], name),
    mediaIs: (name, value) =>
      until(page, async () => (await video.evaluate((element, key) => element[key as never], name)) === value),
    captions: () =>
      video.evaluate((element) => {
        const shown = [...(element as HTMLVideoElement).textTracks].filter((track) => track.mode === "showing");
        return shown.flatMap((track) => [...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).text));
      }),
    barriers: () => barriersOf(page),
    layoutShift: () => layoutShiftOf(page),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function until(page: Page, ask: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await ask()); ) {
    if (Date.now() > end) throw new Error(`Waited in vain; the page says: ${await page.locator("body").textContent()}`);
    await page.waitForTimeout(50);
  }
}
