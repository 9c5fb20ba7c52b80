import { expect, test } from "bun:test";
import { installationOf } from "./package-manager.ts";

const having =
  (...programs: string[]) =>
  (program: string) =>
    programs.includes(program);

const lines = (attempts: string[][][] = []) => attempts.map((commands) => commands.map((command) => command.join(" ")));

test("root with apt installs, and updates the lists only when that failed", () => {
  const plan = installationOf(["ffmpeg", "curl"], { has: having("apt-get"), root: true, sudo: false });
  const install = "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ffmpeg curl";
  expect(plan?.allowed).toBe(true);
  expect(lines(plan?.attempts)).toEqual([[install], ["apt-get update", install]]);
});

test.each([
  ["dnf", "sudo -n dnf install -y ffmpeg"],
  ["apk", "sudo -n apk add --no-cache ffmpeg"],
  ["pacman", "sudo -n pacman -Sy --noconfirm ffmpeg"],
])("a user with sudo and %s", (manager, line) => {
  const plan = installationOf(["ffmpeg"], { has: having(manager), root: false, sudo: true });
  expect(plan).toMatchObject({ manager, allowed: true });
  expect(lines(plan?.attempts)).toEqual([[line]]);
});

test("a user whose sudo asks is given the line to run, not a prompt in the middle", () => {
  const plan = installationOf(["ffmpeg"], { has: having("dnf"), root: false, sudo: false });
  expect(plan?.allowed).toBe(false);
  expect(lines(plan?.attempts)).toEqual([["sudo dnf install -y ffmpeg"]]);
});

test("Homebrew is for users, without sudo", () => {
  expect(installationOf(["ffmpeg"], { has: having("brew"), root: false, sudo: true })).toMatchObject({
    allowed: true,
    attempts: [[["brew", "install", "ffmpeg"]]],
  });
  expect(installationOf(["ffmpeg"], { has: having("brew"), root: true, sudo: false })?.allowed).toBe(false);
});

test("a machine with none of them gets no plan", () => {
  expect(installationOf(["ffmpeg"], { has: having("nix"), root: true, sudo: false })).toBeNull();
});
