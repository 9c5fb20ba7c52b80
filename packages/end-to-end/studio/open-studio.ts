/** The studio in the real Chromium, as its users have it. What is asked of it is what one would see, hear or measure. */
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from "playwright-core";
import { chromiumPath } from "../player.ts";

export interface Studio extends AsyncDisposable {
  page: Page;
  /** Drops files onto the page, as from a folder of the desktop. */
  drop(...paths: string[]): Promise<void>;
  /** What goes out is no faster than this from here on; without a figure as fast as it can. */
  throttleUploads(bytesPerSecond?: number): Promise<void>;
  /** What axe finds serious or critical on the page as it is, a line each. */
  accessibilityFaults(): Promise<string[]>;
  /** What was told to the console as an error, but for answers that the page itself speaks of. */
  consoleErrors: string[];
}

const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

/** A browser for several studios. */
export function launchBrowser(): Promise<Browser> {
  if (!chromiumPath) throw new Error("There is no Chromium here");
  const args = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", ...quiet];
  return chromium.launch({ executablePath: chromiumPath, args });
}

/** Opens the page of this address in a context of its own. */
export async function openStudio(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Studio> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const consoleErrors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      consoleErrors.push(message.text());
    }
  });
  page.on("pageerror", (error) => consoleErrors.push(String(error)));
  page.on("dialog", (dialog) => void dialog.accept());
  const devtools = await context.newCDPSession(page);
  await page.goto(url);
  return {
    page,
    consoleErrors,
    drop: (...paths) => dropFiles(devtools, paths),
    async throttleUploads(bytesPerSecond = -1) {
      const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
      await devtools.send("Network.emulateNetworkConditions", conditions);
    },
    accessibilityFaults: () => accessibilityFaults(page),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function dropFiles(devtools: CDPSession, files: string[]): Promise<void> {
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devtools.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
}

async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}
