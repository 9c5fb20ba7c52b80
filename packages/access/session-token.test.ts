import { expect, test } from "bun:test";
import { newServiceKey } from "./api-key.ts";
import { isSessionToken, newSessionToken } from "./session-token.ts";

const serviceKey = newServiceKey();

test("a token is one of this service key alone", () => {
  const [token, other] = [newSessionToken(serviceKey), newSessionToken(serviceKey)];
  expect(token).not.toBe(other);
  expect([isSessionToken(serviceKey, token), isSessionToken(newServiceKey(), token)]).toEqual([true, false]);
});

test("ten thousand forged tokens: none passes", () => {
  const token = newSessionToken(serviceKey);
  const [nonce = "", mac = ""] = token.split(".");
  const forged = new Set([token.toUpperCase(), `${token}=`, ` ${token}`, `${token}\n`, `${nonce}.`, nonce, mac, ""]);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  for (let index = 0; index < token.length; index++) {
    for (const letter of alphabet) forged.add(token.slice(0, index) + letter + token.slice(index + 1));
  }
  forged.delete(token);
  while (forged.size < 10_000) forged.add(newSessionToken(newServiceKey()));
  expect([...forged].filter((one) => isSessionToken(serviceKey, one))).toEqual([]);
});
