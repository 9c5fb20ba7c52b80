import { expect, test } from "bun:test";
import { noticeFor, notices } from "./notices.ts";

test.each([
  ["master", 404, notices.notReady],
  ["master", 401, notices.private],
  ["master", 403, notices.private],
  ["master", 503, notices.serverAway],
  ["master", undefined, notices.serverAway],
  ["part", 503, notices.beingMade],
  ["part", 500, notices.partMissing],
  ["part", 404, notices.partMissing],
  ["part", 403, notices.private],
  ["part", 0, notices.serverAway],
] as const)("of a %s that is answered with %j a viewer is told why nothing plays", (what, status, notice) => {
  expect(noticeFor(what, status, null, true)).toEqual(notice);
});

test("without a network it is the network that is told of, unless there was an answer", () => {
  expect(noticeFor("part", 0, null, false)).toEqual(notices.offline);
  expect(noticeFor("part", 503, null, false)).toEqual(notices.beingMade);
});

test.each([
  [null, notices.beingMade.sentence],
  ["1", notices.beingMade.sentence],
  ["soon", notices.beingMade.sentence],
  ["42", "This part of the video is being made. It takes about 42 seconds."],
  ["170", "This part of the video is being made. It takes about 3 minutes."],
])("the wait that a server tells (%p) is shown", (retryAfter, sentence) => {
  expect(noticeFor("part", 503, retryAfter, true)).toEqual({ sentence, passes: true });
});

test("what does not pass is not tried again", () => {
  const lasting = Object.entries(notices).filter(([, { passes }]) => !passes);
  expect(lasting.map(([name]) => name)).toEqual(["private", "undecodable"]);
});
