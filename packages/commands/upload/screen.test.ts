import { expect, test } from "bun:test";
import { createScreen } from "./screen.ts";

function setup(width: number | null) {
  const written: string[] = [];
  let seconds = 0;
  const screen = createScreen({ write: (text) => void written.push(text), columns: () => width, now: () => seconds });
  const wait = (by: number) => {
    seconds += by;
  };
  return { screen, written, wait };
}

test("a terminal's line is written over, cut to its width, and gone before a line that stays", () => {
  const { screen, written } = setup(8);
  screen.show("half of it");
  screen.show("half of it");
  screen.show("all");
  screen.say("done");
  screen.say("bye");
  expect(written).toEqual(["\r\u001b[2Khalf of", "\r\u001b[2Kall", "\r\u001b[2K", "done\n", "bye\n"]);
});

test("elsewhere progress is a plain line every few seconds", () => {
  const { screen, written, wait } = setup(null);
  screen.show("10%");
  wait(4);
  screen.show("20%");
  wait(1);
  screen.show("30%");
  screen.say("done");
  expect(written).toEqual(["10%\n", "30%\n", "done\n"]);
});
