import { expect, test } from "bun:test";
import { createSpeedometer, secondsLeft } from "./speedometer.ts";

function setup() {
  let at = 0;
  const meter = createSpeedometer(() => at);
  /** So many bytes in all, this much later. */
  const after = (seconds: number, bytes: number) => {
    at += seconds;
    meter.note(bytes);
  };
  return { meter, after };
}

test("says nothing before there is something to compare", () => {
  const { meter, after } = setup();
  expect(meter.bytesPerSecond()).toBeNull();
  after(0, 0);
  after(0.2, 1000);
  expect(meter.bytesPerSecond()).toBeNull();
});

test("follows a change within its window, and not at once", () => {
  const { meter, after } = setup();
  for (let second = 0; second <= 20; second++) after(1, second * 100);
  expect(meter.bytesPerSecond()).toBeCloseTo(100);
  after(1, 2000 + 1000);
  expect(meter.bytesPerSecond()).toBeLessThan(300);
  for (let second = 2; second <= 20; second++) after(1, 2000 + second * 1000);
  expect(meter.bytesPerSecond()).toBeCloseTo(1000);
});

test("a pause is no slowness, and bytes that are taken back are no speed", () => {
  const { meter, after } = setup();
  after(0, 0);
  after(1, 500);
  meter.reset();
  expect(meter.bytesPerSecond()).toBeNull();
  after(100, 500);
  after(1, 400);
  expect(meter.bytesPerSecond()).toBe(0);
});

test("time left is told where it can be", () => {
  expect(secondsLeft(1000, 100)).toBe(10);
  expect(secondsLeft(1000, null)).toBeNull();
  expect(secondsLeft(1000, 0)).toBeNull();
  expect(secondsLeft(0, null)).toBe(0);
});
