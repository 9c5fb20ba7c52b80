/** What browsers are given of our own code. `./for-browser` is separate: it makes it, and only a `main.ts` needs it. */
export type { Bundle, BundledFile } from "./bundle.ts";
export { serveBundled } from "./serve-bundled.ts";
