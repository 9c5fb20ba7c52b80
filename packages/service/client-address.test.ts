import { expect, test } from "bun:test";
import { parseProxies } from "./client-address.ts";

test("proxies are addresses and networks of either kind", () => {
  const proxies = parseProxies("10.0.0.0/8, 192.168.1.7,fd00::/8 , ::1");
  for (const address of ["10.9.9.9", "192.168.1.7"]) expect(proxies.check(address, "ipv4")).toBeTrue();
  for (const address of ["11.0.0.1", "192.168.1.8"]) expect(proxies.check(address, "ipv4")).toBeFalse();
  for (const address of ["fd12::3", "::1", "::ffff:10.1.2.3"]) expect(proxies.check(address, "ipv6")).toBeTrue();
  for (const address of ["fe80::1", "::ffff:11.1.2.3"]) expect(proxies.check(address, "ipv6")).toBeFalse();
  expect(parseProxies("").check("127.0.0.1", "ipv4")).toBeFalse();
});
