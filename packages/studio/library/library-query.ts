/** What of the library is shown. It is in the address, so that it may be kept, sent and gone back to. */

export const states = ["all", "ready", "making", "stopped", "failed"] as const;
export const sorts = ["newest", "oldest", "title", "longest", "shortest"] as const;

export interface LibraryQuery {
  q: string;
  state: (typeof states)[number];
  sort: (typeof sorts)[number];
  /** From 1. */
  page: number;
}

/** As many as fill whole rows of two, three and four. */
export const pageSize = 24;

/** What is not understood is as if it were not there. */
export function readQuery(search: URLSearchParams): LibraryQuery {
  const page = Number(search.get("page") ?? 1);
  return {
    q: search.get("q") ?? "",
    state: states.find((state) => state === search.get("state")) ?? "all",
    sort: sorts.find((sort) => sort === search.get("sort")) ?? "newest",
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

/** The address of the library with this query; what is as usual is left out. */
export function addressOf({ q, state, sort, page }: LibraryQuery): string {
  const search = new URLSearchParams();
  if (q) search.set("q", q);
  if (state !== "all") search.set("state", state);
  if (sort !== "newest") search.set("sort", sort);
  if (page > 1) search.set("page", String(page));
  return search.size > 0 ? `/?${search}` : "/";
}

const statusesOf: Record<LibraryQuery["state"], string> = {
  all: "",
  ready: "completed",
  making: "pending,transcoding",
  stopped: "stopped",
  failed: "failed",
};

/** The same as a question to the server. */
export function questionOf({ q, state, sort, page }: LibraryQuery): string {
  const search = new URLSearchParams({ sort, limit: String(pageSize), offset: String((page - 1) * pageSize) });
  if (q.trim()) search.set("q", q.trim());
  if (statusesOf[state]) search.set("status", statusesOf[state]);
  return `/admin/videos?${search}`;
}
