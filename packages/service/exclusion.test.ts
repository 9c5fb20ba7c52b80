import { describe, expect, test } from "bun:test";
import { createExclusion } from "./exclusion.ts";

const newer = new Error("a newer one came");

/** Lets everything that can go on without further help go on. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** What a promise came to by now. */
function watch<Value>(promise: Promise<Value>) {
  const seen: { value?: Value; error?: unknown; isDone: boolean } = { isDone: false };
  promise.then(
    (value) => Object.assign(seen, { value, isDone: true }),
    (error: unknown) => Object.assign(seen, { error, isDone: true }),
  );
  return seen;
}

describe("a key", () => {
  test("that is free is had at once, and is free again when it is released", async () => {
    const exclusion = createExclusion();
    const hold = await exclusion.acquire("a");
    expect(exclusion.isHeld("a")).toBeTrue();
    expect(exclusion.isHeld("b")).toBeFalse();
    hold[Symbol.dispose]();
    hold[Symbol.dispose]();
    expect(exclusion.isHeld("a")).toBeFalse();
  });

  test("that is held is waited for, in the order of asking, and the holder is not disturbed", async () => {
    const exclusion = createExclusion();
    const first = await exclusion.acquire("a");
    const second = watch(exclusion.acquire("a"));
    const third = watch(exclusion.acquire("a"));
    await settle();
    expect([first.signal.aborted, second.isDone, third.isDone]).toEqual([false, false, false]);
    first[Symbol.dispose]();
    await settle();
    expect([second.isDone, third.isDone]).toEqual([true, false]);
    second.value?.[Symbol.dispose]();
    await settle();
    expect(third.isDone).toBeTrue();
    third.value?.[Symbol.dispose]();
    expect(exclusion.isHeld("a")).toBeFalse();
  });

  test("is no matter of other keys", async () => {
    const exclusion = createExclusion();
    await exclusion.acquire("a");
    expect(await exclusion.acquire("b")).toBeDefined();
    expect(exclusion.tryAcquire("c")).not.toBeNull();
  });

  test("is tried without waiting", async () => {
    const exclusion = createExclusion();
    const hold = exclusion.tryAcquire("a");
    expect(exclusion.tryAcquire("a")).toBeNull();
    hold?.[Symbol.dispose]();
    expect(exclusion.tryAcquire("a")).not.toBeNull();
  });

  test("may be entered by many, who exclude nobody but those who want it alone", async () => {
    const exclusion = createExclusion();
    const [one, two] = [exclusion.enter("a"), exclusion.enter("a")];
    const alone = watch(exclusion.acquire("a"));
    const later = exclusion.enter("a");
    one[Symbol.dispose]();
    await settle();
    expect(alone.isDone).toBeFalse();
    two[Symbol.dispose]();
    await settle();
    expect(alone.isDone).toBeTrue();
    expect(later.signal.aborted).toBeFalse();
  });
});

describe("superseding", () => {
  test("asks the holder with the reason, and waits until he has released", async () => {
    const exclusion = createExclusion();
    const first = await exclusion.acquire("a");
    const second = watch(exclusion.acquire("a", { supersede: newer }));
    await settle();
    expect(first.signal.reason).toBe(newer);
    expect(second.isDone).toBeFalse();
    first[Symbol.dispose]();
    await settle();
    expect(second.value?.signal.aborted).toBeFalse();
  });

  test("ends those who wait, too: of many at once the newest has it", async () => {
    const exclusion = createExclusion();
    const holder = await exclusion.acquire("a");
    const waiting = Array.from({ length: 5 }, () => watch(exclusion.acquire("a", { supersede: newer })));
    holder[Symbol.dispose]();
    await settle();
    expect(waiting.map(({ error }) => error)).toEqual([newer, newer, newer, newer, undefined]);
    waiting.at(-1)?.value?.[Symbol.dispose]();
    expect(exclusion.isHeld("a")).toBeFalse();
  });

  test("later than the entering asks only those who came before", async () => {
    const exclusion = createExclusion();
    const [oldest, middle, newest] = [exclusion.enter("a"), exclusion.enter("a"), exclusion.enter("a")];
    const done = watch(middle.supersede(newer));
    expect([oldest.signal.aborted, newest.signal.aborted]).toEqual([true, false]);
    await settle();
    expect(done.isDone).toBeFalse();
    oldest[Symbol.dispose]();
    await settle();
    expect(done.isDone).toBeTrue();
  });
});

test("a signal ends the waiting, and the place in the order is given up", async () => {
  const exclusion = createExclusion();
  const holder = await exclusion.acquire("a");
  const stop = new AbortController();
  const gone = watch(exclusion.acquire("a", { signal: stop.signal }));
  const next = watch(exclusion.acquire("a"));
  const reason = new Error("enough");
  stop.abort(reason);
  await settle();
  expect(gone.error).toBe(reason);
  expect(next.isDone).toBeFalse();
  holder[Symbol.dispose]();
  await settle();
  expect(next.isDone).toBeTrue();
});

test("the end of all asks everybody and waits for everybody", async () => {
  const exclusion = createExclusion();
  const holds = [exclusion.enter("a"), exclusion.enter("a"), exclusion.enter("b")];
  const ended = watch(exclusion.endAll(newer));
  expect(holds.map(({ signal }) => signal.reason)).toEqual([newer, newer, newer]);
  for (const hold of holds) {
    await settle();
    expect(ended.isDone).toBeFalse();
    hold[Symbol.dispose]();
  }
  await settle();
  expect(ended.isDone).toBeTrue();
  expect(await createExclusion().endAll(newer)).toBeUndefined();
});
