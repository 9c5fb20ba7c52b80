import { expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError, readConfig, settings } from "./config.ts";

const schema = z.object({
  SOME_PORT: settings.port(8001),
  OTHER_URL: settings.url(8002),
  HOST: settings.HOST,
  LOG_LEVEL: settings.LOG_LEVEL,
});

test("everything has a default, and an empty value is as good as none", () => {
  const defaults = { SOME_PORT: 8001, OTHER_URL: "http://127.0.0.1:8002", HOST: "127.0.0.1", LOG_LEVEL: "info" };
  expect(readConfig(schema, {})).toEqual(defaults as never);
  expect(readConfig(schema, { SOME_PORT: "", OTHER_URL: "", HOST: undefined })).toEqual(defaults as never);
});

test("text becomes what it stands for", () => {
  const config = readConfig(schema, { SOME_PORT: "9000", OTHER_URL: "https://other.example/api//", PATH: "/bin" });
  expect(config).toMatchObject({ SOME_PORT: 9000, OTHER_URL: "https://other.example/api" });
  expect(config).not.toHaveProperty("PATH");
});

test("all that does not fit is told at once, a line a key, with what the key is for", () => {
  const read = () => readConfig(schema, { SOME_PORT: "70000", OTHER_URL: "ftp://other", LOG_LEVEL: "loud" });
  expect(read).toThrow(ConfigError);
  const message = (() => {
    try {
      read();
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  })();
  const lines = message?.split("\n") ?? [];
  expect(lines).toHaveLength(4);
  expect(lines[1]).toStartWith("  SOME_PORT=70000: ");
  expect(lines[1]).toEndWith("(The port this service listens on)");
  expect(lines[2]).toStartWith("  OTHER_URL=ftp://other: ");
  expect(lines[3]).toStartWith("  LOG_LEVEL=loud: ");
});

test.each(["./storage", "-storage", "http:", "file:storage"])("the storage directory %s is made absolute", (name) => {
  const { STORAGE_DIR } = readConfig(z.object({ STORAGE_DIR: settings.STORAGE_DIR }), { STORAGE_DIR: name });
  expect(STORAGE_DIR).toBe(join(process.cwd(), name));
});
