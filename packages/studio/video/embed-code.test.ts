import { expect, test } from "bun:test";
import { embedCode } from "./embed-code.ts";

test("a title cannot leave its attribute", () => {
  const code = embedCode("http://media.test/watch/a", `A "film" & <script>`);
  expect(code).toContain('src="http://media.test/watch/a"');
  expect(code).toContain('title="A &quot;film&quot; &amp; &lt;script&gt;"');
});
