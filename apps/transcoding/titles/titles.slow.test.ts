import { expect, test } from "bun:test";
import { until } from "@video-backend/testing";
import { followFeed } from "../reconcile/follow-feed.ts";
import { setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";

/** A video that is made, and what its playlists say of its title. */
async function setupWithTitle(title: string | null) {
  const app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
  const rename = (to: string | null) =>
    app.metadata.client.videos[":hash"].$put({ param: { hash: "a" }, json: { title: to } });
  if (title !== null) await rename(title);
  await app.start("a");
  await app.overall("a", "ok");
  const file = (name: string) => Bun.file(app.world.path("hls", "a", name)).text();
  const told = async () => ({
    master: (await file("master.m3u8")).match(/^#EXT-X-SESSION-DATA:.*$/m)?.[0] ?? null,
    manifest: (await file("manifest.mpd")).match(/<Title>(.*)<\/Title>/s)?.[1] ?? null,
  });
  const isTold = (name: string | null) => until(`${name} is told`, async () => (await told()).manifest === name);
  /** Lets transcoding follow metadata's feed, until what comes back is called. */
  function follow() {
    const { service } = app.metadata;
    const server = Bun.serve({ port: 0, fetch: (request) => service.fetch(request), idleTimeout: 0 });
    const abort = new AbortController();
    const following = followFeed(app.deps, `${server.url}videos/events`, abort.signal);
    const unfollow = async () => {
      abort.abort();
      await following;
      await server.stop(true);
    };
    app.world.defer(unfollow);
    return unfollow;
  }
  return { ...app, rename, told, isTold, follow };
}

test("the title stands in master and manifest from the start on, and follows every change at metadata", async () => {
  await using app = await setupWithTitle("Summer");
  expect(await app.told()).toEqual({
    master: '#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="Summer"',
    manifest: "Summer",
  });
  const unfollow = app.follow();
  await app.rename("Autumn");
  await app.isTold("Autumn");
  await app.rename(null);
  await app.isTold(null);
  expect((await app.told()).master).toBeNull();
  await unfollow();
  await app.rename("Winter");
  app.follow();
  await app.isTold("Winter");
});

test("a title of any characters stays within its string", async () => {
  await using app = await setupWithTitle(
    'Mum"\n#EXT-X-DEFINE:NAME="x",VALUE="y"\r\n{$x} </Title><Period/> & \u2028 me',
  );
  expect(await app.told()).toEqual({
    master: `#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="Mum' #EXT-X-DEFINE:NAME='x',VALUE='y' { $x} </Title><Period/> &   me"`,
    manifest:
      "Mum&quot; #EXT-X-DEFINE:NAME=&quot;x&quot;,VALUE=&quot;y&quot; {$x} &lt;/Title&gt;&lt;Period/&gt; &amp; \u2028 me",
  });
});
