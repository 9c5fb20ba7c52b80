import { expect, test } from "bun:test";
import { isOverHttps, parseProxies, requestedOrigin } from "./client-address.ts";
import { createRouter } from "./router.ts";

test("proxies are addresses and networks of either kind", () => {
  const proxies = parseProxies("10.0.0.0/8, 192.168.1.7,fd00::/8 , ::1");
  for (const address of ["10.9.9.9", "192.168.1.7"]) expect(proxies.check(address, "ipv4")).toBeTrue();
  for (const address of ["11.0.0.1", "192.168.1.8"]) expect(proxies.check(address, "ipv4")).toBeFalse();
  for (const address of ["fd12::3", "::1", "::ffff:10.1.2.3"]) expect(proxies.check(address, "ipv6")).toBeTrue();
  for (const address of ["fe80::1", "::ffff:11.1.2.3"]) expect(proxies.check(address, "ipv6")).toBeFalse();
  expect(parseProxies("").check("127.0.0.1", "ipv4")).toBeFalse();
});

test("a trusted proxy alone may say that its client came by https", async () => {
  const proxies = parseProxies("10.0.0.0/8");
  const app = createRouter().get("/", (c) => c.text(String(isOverHttps(c, proxies))));
  const ask = async (peer: string, forwarded?: string, url = "http://a.test/") => {
    const headers: Record<string, string> = forwarded === undefined ? {} : { "x-forwarded-proto": forwarded };
    return (await app.request(url, { headers }, { clientAddress: () => peer })).text();
  };
  expect([await ask("10.1.1.1", "https"), await ask("10.1.1.1", "HTTPS, http")]).toEqual(["true", "true"]);
  expect([await ask("10.1.1.1", "http"), await ask("10.1.1.1"), await ask("11.1.1.1", "https")]).toEqual([
    "false",
    "false",
    "false",
  ]);
  expect(await ask("11.1.1.1", undefined, "https://a.test/")).toBe("true");
});

test("a trusted proxy alone may say by which address its client came", async () => {
  const proxies = parseProxies("10.0.0.0/8");
  const app = createRouter().get("/", (c) => c.text(requestedOrigin(c, proxies)));
  const ask = async (peer: string, forwarded: Record<string, string>) => {
    const headers = Object.fromEntries(
      Object.entries(forwarded).map(([name, value]) => [`x-forwarded-${name}`, value]),
    );
    return (await app.request("http://a.test:8004/", { headers }, { clientAddress: () => peer })).text();
  };
  expect(await ask("10.1.1.1", { proto: "https", host: "video.example" })).toBe("https://video.example");
  expect(await ask("10.1.1.1", { host: "b.test:81, c.test" })).toBe("http://b.test:81");
  expect(await ask("10.1.1.1", { proto: "https" })).toBe("https://a.test:8004");
  expect(await ask("10.1.1.1", { host: "no host" })).toBe("http://a.test:8004");
  expect(await ask("11.1.1.1", { proto: "https", host: "evil.example" })).toBe("http://a.test:8004");
});
