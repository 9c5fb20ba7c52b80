import { expect, test } from "bun:test";
import { z } from "zod";
import { addressRulesOf, remoteSettings } from "./setting.ts";

const settings = z.object(remoteSettings);

/** Which of these two addresses are allowed. */
function allowed(environment: Record<string, string>) {
  const rules = addressRulesOf(settings.parse(environment));
  return ["10.0.0.1", "10.0.0.2"].filter((address) => rules.allowed.hasAddress(address));
}

test("one setting allows what is not public, and its name of before counts where it is not set", () => {
  expect(allowed({})).toEqual([]);
  expect(allowed({ REMOTE_ALLOW: "10.0.0.1" })).toEqual(["10.0.0.1"]);
  expect(allowed({ UPLOAD_FROM_URL_ALLOW: "10.0.0.2" })).toEqual(["10.0.0.2"]);
  expect(allowed({ REMOTE_ALLOW: "10.0.0.1", UPLOAD_FROM_URL_ALLOW: "10.0.0.2" })).toEqual(["10.0.0.1"]);
  const failed = settings.safeParse({ REMOTE_ALLOW: "*" });
  expect(failed.error?.issues[0]).toMatchObject({
    path: ["REMOTE_ALLOW"],
    message: expect.stringContaining("*: a host"),
  });
});
