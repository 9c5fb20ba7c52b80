import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { playbackKey, playbackTokenExpiry, signPlaybackToken, verifyPlaybackToken } from "./index.ts";

const now = 1_800_000_000;
const key = (kid: string, letter = "x") => playbackKey(kid, letter.repeat(32));
const keys = [key("first", "a"), key("second", "b")];
const videoId = "V1StGXR8_Z5jdHi6B-myT";
const token = signPlaybackToken(keys, videoId, now + 60);
const holds = (text: string, parts: { keys?: typeof keys; videoId?: string; now?: number } = {}) =>
  verifyPlaybackToken(parts.keys ?? keys, text, { videoId, now, ...parts });

test("a token is good for its video until its time", () => {
  expect(holds(token)).toBe(true);
  expect(token).toMatch(/^first\.[0-9a-z]+\.[A-Za-z0-9_-]{24}$/);
  expect(token).toBe(encodeURIComponent(token));
  expect(playbackTokenExpiry(token)).toBe(now + 60);
  expect([now - 1e6, now + 59, now + 59.999].map((time) => holds(token, { now: time }))).toEqual([true, true, true]);
  expect([now + 60, now + 61, now + 1e9].map((time) => holds(token, { now: time }))).toEqual([false, false, false]);
});

test("tokens of the same video, time and key are one text", () => {
  expect(signPlaybackToken(keys, videoId, now + 60)).toBe(token);
  expect(signPlaybackToken(keys, videoId, now + 61)).not.toBe(token);
});

test("no other character stands in any place of it", () => {
  const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~=+/% \n\u0000é"];
  for (const [place, character] of [...token].entries()) {
    for (const other of alphabet) {
      if (other !== character) expect(holds(token.slice(0, place) + other + token.slice(place + 1))).toBe(false);
    }
  }
});

test("nothing may be missing, added, moved or turned round", () => {
  for (let length = 0; length < token.length; length++) {
    expect(holds(token.slice(0, length))).toBe(false);
    expect(holds(token.slice(token.length - length))).toBe(false);
  }
  const [kid, expiry, mac] = token.split(".");
  for (const text of [
    "",
    "..",
    ` ${token}`,
    `${token}\n`,
    `${token}.`,
    `${token}${token}`,
    token.toUpperCase(),
    `${kid}.0${expiry}.${mac}`,
    `${kid}.zzzzzzzzzz.${mac}`,
    `${kid}.-${expiry}.${mac}`,
    `${expiry}.${kid}.${mac}`,
    `${mac}.${expiry}.${kid}`,
    `__proto__.${expiry}.${mac}`,
    `${kid}.${expiry}.${"A".repeat(24)}`,
    "x".repeat(100_000),
  ]) {
    expect(holds(text)).toBe(false);
  }
});

test("it is good for no other video", () => {
  for (const other of ["", "a", videoId.slice(1), `${videoId}x`, videoId.toLowerCase(), `${videoId}/..`]) {
    expect(holds(token, { videoId: other })).toBe(false);
  }
});

test("a thousand made at random are all good, and none with another's mac", () => {
  const random = () => crypto.randomUUID().slice(0, 1 + Math.floor(Math.random() * 36));
  const made = Array.from({ length: 1000 }, () => {
    const id = random();
    return { id, text: signPlaybackToken(keys, id, now + 1 + Math.floor(Math.random() * 1e6)) };
  });
  for (const [index, { id, text }] of made.entries()) {
    expect(holds(text, { videoId: id })).toBe(true);
    const other = made[(index + 1) % made.length]?.text ?? "";
    if (other !== text) {
      const swapped = text.slice(0, text.lastIndexOf(".")) + other.slice(other.lastIndexOf("."));
      expect(holds(swapped, { videoId: id })).toBe(false);
    }
  }
});

test("the first key signs and all verify: a rotation takes no token away until its key is removed", () => {
  const rotated = [key("third", "c"), ...keys];
  const fresh = signPlaybackToken(rotated, videoId, now + 60);
  expect(fresh).toStartWith("third.");
  expect([holds(token, { keys: rotated }), holds(fresh, { keys: rotated })]).toEqual([true, true]);
  const removed = rotated.filter(({ kid }) => kid !== "first");
  expect([holds(token, { keys: removed }), holds(fresh, { keys: removed })]).toEqual([false, true]);
  expect(holds(token, { keys: [] })).toBe(false);
});

test("the same secret under another name, or another secret under the same, is another key", () => {
  expect(holds(token.replace("first", "second"))).toBe(false);
  expect(holds(token.replace("first", "other"), { keys: [key("other", "a")] })).toBe(false);
  expect(holds(token, { keys: [key("first", "A")] })).toBe(false);
});

test("a key shows nothing of its secret, however it is printed", () => {
  for (const shown of [inspect(keys, { depth: 9, showHidden: true }), JSON.stringify(keys), `${keys[0]?.secret}`]) {
    expect(shown).not.toContain("aaaa");
  }
});
