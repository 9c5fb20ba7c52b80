/** What can be measured of a page that is open in Chromium: how soon it is there, whether it moves, who is kept out. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds that is serious or worse: the rule, and where. */
export async function barriersOf(page: Page): Promise<string[]> {
  // Not as a script of the page's, which its Content-Security-Policy forbids.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.flat().join(" ")}`));
}

/** How far what was already shown has moved since the page was opened; 0 is not at all (layout-shift, WICG). */
export function layoutShiftOf(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let sum = 0;
    const add = (entries: PerformanceEntryList) => {
      for (const entry of entries) sum += (entry as PerformanceEntry & { value: number }).value;
    };
    const observer = new PerformanceObserver((list) => add(list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    add(observer.takeRecords());
    return sum;
  });
}

/** Seconds from the request of the page to the first text or image in it (first-contentful-paint). */
export function firstPaintOf(page: Page): Promise<number> {
  return page.evaluate(() => (performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0) / 1000);
}

/** Bytes of script that the page has loaded so far, as they came over the line. */
export function scriptBytesOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const scripts = resources.filter(({ name }) => new URL(name).pathname.endsWith(".js"));
    return scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  });
}
