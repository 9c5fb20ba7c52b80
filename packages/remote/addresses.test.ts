import { describe, expect, test } from "bun:test";
import { findAddresses, parseAllowedTargets, type Resolve } from "./addresses.ts";
import { parseRemoteUrl } from "./remote-url.ts";

const nobody: Resolve = () => Promise.reject(new Error("nobody is to be asked"));

/** The addresses, or the code of the error. */
async function look(url: string, { resolve = nobody, allow = "", own = [] as string[] } = {}) {
  const rules = { resolve, allowed: parseAllowedTargets(allow), allowSetting: "ALLOW", ownAddresses: () => own };
  try {
    return await findAddresses(rules, parseRemoteUrl(url));
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe("refused, in whatever spelling:", () => {
  test.each([
    [
      "this machine",
      "127.0.0.1 127.0.0.1. 127.1 127.0.1 127.255.255.254 0.0.0.0 0 0.1.2.3 [::1] [::] [0:0:0:0:0:0:0:1]",
    ],
    [
      "as one number, in hexadecimal or octal",
      "2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 017700000001 3232235777",
    ],
    ["in other characters", "%31%32%37.0.0.1 127%2e0%2e0%2e1 ①②⑦.⓪.⓪.① 127。0。0。1 １２７.0.0.1"],
    [
      "IPv4 in IPv6",
      "[::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:169.254.169.254] [::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1]",
    ],
    [
      "behind NAT64, 6to4, Teredo",
      "[64:ff9b::127.0.0.1] [64:ff9b::a00:1] [64:ff9b:1::10.0.0.1] [2002:7f00:1::] [2002:a00:1::1] [2001::1]",
    ],
    [
      "private networks",
      "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1 [fc00::1] [fd12:3456::1] [fec0::1]",
    ],
    [
      "link-local, and a cloud's metadata",
      "169.254.169.254 169.254.0.1 [fe80::1] [fe80::a9fe:a9fe] 168.63.129.16 [fd00:ec2::254]",
    ],
    ["carrier-grade NAT", "100.64.0.1 100.100.100.200 100.127.255.255"],
    [
      "multicast, broadcast, reserved",
      "224.0.0.1 239.255.255.250 255.255.255.255 240.0.0.1 192.0.0.8 192.88.99.1 [ff02::1] [4000::1] [5f00::1]",
    ],
    [
      "documentation and measurement",
      "192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 [2001:db8::1] [3fff::1] [100::1] [2001:2::1]",
    ],
  ])("%s", async (_, hosts) => {
    for (const host of hosts.split(" ")) {
      expect({ host, code: await look(`http://${host}:8001/film.mp4`) }).toEqual({ host, code: "forbidden" });
      expect({ host, code: await look(`https://${host}/film.mp4`) }).toEqual({ host, code: "forbidden" });
    }
  });
});

test("public addresses are let through, also behind a network's own NAT64", async () => {
  const hosts =
    "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.32.0.1 [2606:4700::1111] [64:ff9b::808:808] [::ffff:808:808]";
  for (const host of hosts.split(" ")) expect(await look(`http://${host}/`)).toBeArrayOfSize(1);
});

test("a name is refused when any of its addresses is not public, and when it has none", async () => {
  const name = (...addresses: string[]) => look("http://films.example/a", { resolve: async () => addresses });
  expect(await name("8.8.8.8", "2606:4700::1111")).toEqual(["8.8.8.8", "2606:4700::1111"]);
  expect(await name("8.8.8.8", "10.0.0.1")).toBe("forbidden");
  expect(await name("::ffff:10.0.0.1")).toBe("forbidden");
  expect(await name("fe80::1%eth0")).toBe("forbidden");
  expect(await name("no address")).toBe("forbidden");
  expect(await name()).toBe("source_unreachable");
  expect(await look("http://films.example/a")).toBe("source_unreachable");
});

test("this machine's own addresses are refused also where they are public", async () => {
  expect(await look("http://8.8.8.8/", { own: ["8.8.8.8"] })).toBe("forbidden");
  expect(await look("http://8.8.8.8/", { own: ["8.8.8.8"], allow: "8.8.8.8" })).toEqual(["8.8.8.8"]);
});

test("what an operator allows is let through, and nothing beside it", async () => {
  const allow = "10.1.0.0/16, intranet.example,192.168.1.7,fd00::/8,";
  expect(await look("http://10.1.2.3/", { allow })).toEqual(["10.1.2.3"]);
  expect(await look("http://[::ffff:10.1.2.3]/", { allow })).toEqual(["::ffff:a01:203"]);
  expect(await look("http://[fd00::1]/", { allow })).toEqual(["fd00::1"]);
  expect(await look("http://192.168.1.7/", { allow })).toEqual(["192.168.1.7"]);
  const resolve: Resolve = async () => ["172.16.0.1"];
  for (const host of ["intranet.example", "INTRANET.example."]) {
    expect(await look(`http://${host}/`, { allow, resolve })).toEqual(["172.16.0.1"]);
  }
  for (const host of ["10.2.0.1", "192.168.1.8", "[fc00::1]"]) {
    expect(await look(`http://${host}/`, { allow })).toBe("forbidden");
  }
  for (const host of ["www.intranet.example", "intranet.example.net"]) {
    expect(await look(`http://${host}/`, { allow, resolve })).toBe("forbidden");
  }
});

test.each(["10.0.0.0/33", "http://10.0.0.1", "10.0.0.1:80", "*", "a b", "10.0.0.1-10.0.0.9"])(
  "an allowance that is none is told: %s",
  (setting) => expect(() => parseAllowedTargets(setting)).toThrow(`${setting}: a host name`),
);

test.each([
  "ftp://films.example/a",
  "file:///etc/passwd",
  "data:text/plain,a",
  "gopher://films.example",
  "//films.example/a",
  "films.example/a",
  "",
  "http://",
  "http://exa mple/",
  "http://films.example:99999/",
  "http://films.example:0/",
  "http://1.2.3.4.5/",
  "http://[fe80::1%25eth0]/",
  "http://me@films.example/",
  "http://me:secret@films.example/",
  `http://films.example/${"x".repeat(9000)}`,
])("no address to fetch from: %s", async (url) => {
  expect(await look(url)).toBe("invalid_request");
});
