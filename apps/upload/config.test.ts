import { expect, test } from "bun:test";
import { UploadConfig } from "./config.ts";

test.each(["gateway", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "fd00::/129", "*"])(
  "%s is no proxy, and that is told at start",
  (list) => {
    const parsed = UploadConfig.safeParse({ UPLOAD_TRUSTED_PROXIES: `127.0.0.1, ${list}` });
    expect(parsed.error?.issues[0]?.message).toBe(
      `${JSON.stringify(list)} is neither an address nor a network such as 10.0.0.0/8`,
    );
  },
);
