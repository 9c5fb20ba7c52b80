/** Where the browser begins: the pages are put into the document. */
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { watchSession } from "./shell/session.ts";

watchSession();
const root = document.getElementById("studio");
if (root) render(<App />, root);
