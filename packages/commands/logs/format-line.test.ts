import { expect, test } from "bun:test";
import { createLineFormat, wantsColour } from "./format-line.ts";

const format = createLineFormat(false);
const time = new Date(2026, 0, 1, 12, 30, 5).toISOString();

test("a request is one sentence", () => {
  const request = { requestId: "r", method: "GET", path: "/videos", status: 200, milliseconds: 3 };
  const line = JSON.stringify({ level: 30, time, service: "metadata", ...request, msg: "request" });
  expect(format("metadata", line)).toBe("metadata    | [12:30:05] INFO: request GET /videos 200 3 ms\n");
});

test("what a line says beside its message stays", () => {
  const line = JSON.stringify({ level: 40, time, videoId: "abc", msg: "encoder failed" });
  expect(format("transcoding", line)).toBe('transcoding | [12:30:05] WARN: encoder failed {"videoId":"abc"}\n');
});

test("each line of an error's stack has the name of its service", () => {
  const line = JSON.stringify({
    level: 50,
    time,
    err: { type: "Error", message: "no", stack: "Error: no\n at x" },
    msg: "m",
  });
  const lines = format("upload", line).trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(3);
  for (const each of lines) expect(each).toStartWith("upload      | ");
  expect(lines.join("\n")).toContain("at x");
});

test("what is no JSON is passed as it is", () => {
  expect(format("admin", "Segmentation fault {at 0x0}")).toBe("admin       | Segmentation fault {at 0x0}\n");
  expect(format("admin", "{ half an object")).toBe("admin       | { half an object\n");
  expect(format("admin", "")).toBe("admin       | \n");
});

test("a terminal gets colours, unless NO_COLOR is set", () => {
  expect(createLineFormat(true)("upload", "words")).toBe("\u001b[32mupload      |\u001b[0m words\n");
  expect(format("upload", "words")).not.toContain("\u001b");
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
});
