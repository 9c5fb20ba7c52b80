/** What the bundler is given: the script and the style sheet of every page. The player comes in a chunk of its own. */
import { fileURLToPath } from "node:url";

/** Absolute paths, for `bundleForBrowser`. */
export const studioEntries = ["studio.tsx", "studio.css"].map((name) => fileURLToPath(new URL(name, import.meta.url)));
