import { expect, test } from "bun:test";
import { addressOf, type LibraryQuery, questionOf, readQuery } from "./library-query.ts";

const usual: LibraryQuery = { q: "", state: "all", sort: "newest", page: 1 };

test("an address is read back as what it was made of, and the usual leaves no trace", () => {
  expect(addressOf(usual)).toBe("/");
  const query: LibraryQuery = { q: "sea & sand", state: "failed", sort: "title", page: 3 };
  const address = addressOf(query);
  expect(readQuery(new URL(address, "http://studio.test").searchParams)).toEqual(query);
});

test("what is not understood is as if it were not there", () => {
  expect(readQuery(new URLSearchParams("state=lost&sort=size&page=-1"))).toEqual(usual);
  expect(readQuery(new URLSearchParams("page=1.5"))).toEqual(usual);
});

test("the server is asked for the statuses that a state stands for, a page at a time", () => {
  expect(questionOf(usual)).toBe("/admin/videos?sort=newest&limit=24&offset=0");
  expect(questionOf({ q: " sea ", state: "making", sort: "longest", page: 2 })).toBe(
    "/admin/videos?sort=longest&limit=24&offset=24&q=sea&status=pending%2Ctranscoding",
  );
});
