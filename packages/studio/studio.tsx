/** Where the browser begins: the pages are put into the document, and uploads of an earlier visit are taken up. */
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { watchVitals } from "./shell/vitals.ts";
import { uploads } from "./upload/uploads.ts";

watchVitals();
void uploads.restore();
const root = document.getElementById("studio");
if (root) render(<App />, root);
