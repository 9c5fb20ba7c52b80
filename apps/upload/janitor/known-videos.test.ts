import { expect, test } from "bun:test";
import { createMetadataClient, lookUpVideo, readAllVideos } from "@video-backend/metadata/client";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld } from "@video-backend/testing";

const never = new AbortController().signal;
const count = 2500;

/** Metadata with many videos, the highest number newest. `asked` has the address of each request. */
function setup(before: (nth: number) => void = () => {}) {
  const world = createWorld();
  const { service, database } = createTestMetadata(world);
  const asked: string[] = [];
  const fetch = (request: Request) => {
    asked.push(new URL(request.url).pathname);
    before(asked.length);
    return service.fetch(request);
  };
  const metadata = createMetadataClient({ baseUrl: "http://metadata.test", retries: 0, fetch });
  database.$client.run(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
     insert into videos (hash, filename, created_at, updated_at) select 'video-' || i, 'film.mp4', i, i from n`,
  );
  const remove = (n: number) => database.$client.run(`delete from videos where hash = 'video-${n}'`);
  return { metadata, asked, remove, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("all videos are read with one request per thousand", async () => {
  await using place = setup();
  const known = await readAllVideos(place.metadata, never);
  expect(known.size).toBe(count);
  expect(place.asked).toEqual(Array(3).fill("/videos"));
  expect((await lookUpVideo(place.metadata, "video-7", never)).kind).toBe("known");
  expect((await lookUpVideo(place.metadata, "nobody", never)).kind).toBe("unknown");
});

test("a video that is deleted between two pages does not hide another", async () => {
  let remove = (_: number) => {};
  await using place = setup((nth) => nth === 2 && remove(count));
  remove = (n) => void place.remove(n);
  const known = await readAllVideos(place.metadata, never);
  for (let n = 1; n < count; n++) expect(known.has(`video-${n}`)).toBeTrue();
  expect(place.asked.length).toBe(6);
});

test("a list that changes during every reading is an error", async () => {
  let remove = (_: number) => {};
  await using place = setup((nth) => nth % 3 !== 1 && remove(count - nth));
  remove = (n) => void place.remove(n);
  const error = await readAllVideos(place.metadata, never).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "unavailable" });
});
