/** The studio in the real Chromium, as its users have it. */
import type { Browser, BrowserContextOptions, CDPSession, Page } from "playwright-core";
import { desktop } from "../watch-page.ts";

export interface Studio extends AsyncDisposable {
  page: Page;
  /** Drops files onto the page, as from a folder of the desktop. */
  drop(...paths: string[]): Promise<void>;
  /** What goes out is no faster than this from here on; without a figure as fast as it can. */
  throttleUploads(bytesPerSecond?: number): Promise<void>;
  /** Writes what is on screen as WebP, which is small and sharp. */
  takePicture(path: string): Promise<void>;
  /** What the console complained of, but for answers that the page itself speaks of. */
  complaints: string[];
}

/** Opens the page of this address in a context of its own. */
export async function openStudio(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = desktop,
): Promise<Studio> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    const loading = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !loading) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  // Leaving in the middle of an upload is asked about, and meant.
  page.on("dialog", (dialog) => void dialog.accept());
  const devtools = await context.newCDPSession(page);
  await page.goto(url);
  return {
    page,
    complaints,
    drop: (...paths) => dropFiles(devtools, paths),
    async throttleUploads(bytesPerSecond = -1) {
      const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
      await devtools.send("Network.emulateNetworkConditions", conditions);
    },
    async takePicture(path) {
      const picture = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 90 });
      await Bun.write(path, Buffer.from(picture.data, "base64"));
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function dropFiles(devtools: CDPSession, files: string[]): Promise<void> {
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devtools.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
}
