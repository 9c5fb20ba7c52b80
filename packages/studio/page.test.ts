import { expect, test } from "bun:test";
import { renderPage } from "./page.ts";

test("what the server tells cannot end the element that it stands in", () => {
  const address = "http://x.test/</script><script>alert(1)</script>";
  const addresses = { upload: "", transcoding: "", metadata: "", streaming: address, admin: "" };
  const page = renderPage({ script: "/s.js", style: "/s.css", settings: { addresses }, theme: null });
  expect(page).not.toContain("<script>alert");
  const json = /id="settings">(.*?)<\/script>/.exec(page)?.[1] ?? "";
  expect(JSON.parse(json).addresses.streaming).toBe(address);
});
