import { expect, test } from "bun:test";
import { summarise } from "./test-summary.ts";

const passed = (name: string) => `<testcase name="${name}" classname="" time="0.1" file="a.test.ts" assertions="1" />`;
const skipped = (name: string, file = "a.test.ts") =>
  `<testcase name="${name}" classname="" time="0" file="${file}" assertions="0">\n  <skipped />\n</testcase>`;
const failed = (name: string) =>
  `<testcase name="${name}" classname="d" time="1" file="a.test.ts">
    <failure type="AssertionError" message="&lt;skipped /&gt;">&lt;testcase name=&quot;no&quot; /&gt;</failure>
  </testcase>`;
const report = (...cases: string[]) => `<testsuites><testsuite name="a">${cases.join("\n")}</testsuite></testsuites>`;

test("all reports are summed, and each skipped test is named", () => {
  const first = report(passed("one"), failed("two"), skipped("three &lt;3 &amp; more"));
  const second = report(skipped("four", "b.test.ts"), passed("five"));
  expect(summarise([first])).toEqual({ passed: 1, failed: 1, skipped: ["a.test.ts: three <3 & more"] });
  expect(summarise([first, report()])).toMatchObject({ passed: 1, failed: 1, skipped: [expect.anything()] });
  expect(summarise([second])).toEqual({ passed: 1, failed: 0, skipped: ["b.test.ts: four"] });
});

test("what a later run of the same file had is not skipped; what it skipped too is, once", () => {
  const first = report(passed("one"), skipped("two"), skipped("three"), skipped("four", "b.test.ts"));
  const second = report(passed("one"), passed("two"), skipped("three"));
  expect(summarise([first, second])).toEqual({
    passed: 3,
    failed: 0,
    skipped: ["b.test.ts: four", "a.test.ts: three"],
  });
});
