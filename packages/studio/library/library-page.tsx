/** The first page: uploads that are under way, and the videos. */
import { useEffect } from "preact/hooks";
import { count } from "../shell/format.ts";
import { Icon } from "../shell/icons.tsx";
import { amend, go, location } from "../shell/location.ts";
import { may } from "../shell/session.ts";
import { useTitle } from "../shell/use-title.ts";
import { texts } from "../texts.ts";
import { chooseFiles } from "../upload/choose-files.ts";
import { UploadList } from "../upload/upload-list.tsx";
import { uploads } from "../upload/uploads.ts";
import { followLibrary, listing, listingFault, show } from "./library.ts";
import { addressOf, type LibraryQuery, pageSize, readQuery } from "./library-query.ts";
import { Toolbar } from "./toolbar.tsx";
import { VideoCard } from "./video-card.tsx";

const words = texts.library;

export function LibraryPage() {
  useTitle(words.heading);
  const query = readQuery(location.value.search);
  const address = addressOf(query);
  useEffect(followLibrary, []);
  useEffect(() => show(readQuery(location.peek().search)), [address]);
  const list = listing.value;
  const isWholeLibrary = query.q === "" && query.state === "all";
  const isEmpty = list?.total === 0 && isWholeLibrary;
  return (
    <>
      <div class="page-head">
        <h1>{words.heading}</h1>
        <p class="muted" role="status">
          {list && !isEmpty && count(list.total, "video")}
        </p>
      </div>
      <UploadList />
      {isEmpty ? (
        <Empty />
      ) : (
        <>
          <Toolbar query={query} />
          <Videos query={query} />
        </>
      )}
    </>
  );
}

function Videos({ query }: { query: LibraryQuery }) {
  const list = listing.value;
  if (!list) {
    if (listingFault.value === null) return <Placeholders />;
    return (
      <section class="blank" role="alert">
        <h2>{words.loadFailed}</h2>
        <p>{listingFault.value}</p>
      </section>
    );
  }
  if (list.total === 0) {
    return (
      <section class="blank">
        <h2>{words.nothingFound}</h2>
        <p>{words.nothingFoundWords}</p>
        <button type="button" onClick={() => amend("/")}>
          {words.reset}
        </button>
      </section>
    );
  }
  // The last one of the last page was deleted, or the address is an old one.
  if (list.videos.length === 0) return <Pages query={query} total={list.total} />;
  return (
    <>
      <ul class="cards">
        {list.videos.map((video) => (
          <VideoCard key={video.hash} video={video} />
        ))}
      </ul>
      <Pages query={query} total={list.total} />
    </>
  );
}

/** Frames where the cards will be, so that nothing moves when they come. */
function Placeholders() {
  return (
    <ul class="cards placeholders" aria-hidden="true">
      {Array.from({ length: 8 }, (_, index) => (
        <li key={index} class="card">
          <span class="frame" />
          <span class="line" />
        </li>
      ))}
    </ul>
  );
}

function Pages({ query, total }: { query: LibraryQuery; total: number }) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  if (last === 1 && query.page === 1) return null;
  const turn = (page: number) => go(addressOf({ ...query, page }));
  return (
    <nav class="pages" aria-label={words.pages}>
      <button type="button" disabled={query.page <= 1} onClick={() => turn(Math.min(last, query.page - 1))}>
        {words.previous}
      </button>
      <span>{words.page(query.page, last)}</span>
      <button type="button" disabled={query.page >= last} onClick={() => turn(query.page + 1)}>
        {words.next}
      </button>
    </nav>
  );
}

function Empty() {
  if (!may("upload")) {
    return (
      <section class="blank">
        <h2>{words.nothing}</h2>
      </section>
    );
  }
  return <EmptyWithUpload />;
}

function EmptyWithUpload() {
  const choose = async () => uploads.add(await chooseFiles());
  return (
    <section class="empty">
      <Icon name="upload" />
      <h2>{words.empty}</h2>
      <p>{words.emptyWords}</p>
      <button type="button" class="primary" onClick={choose}>
        {texts.upload.choose}
      </button>
    </section>
  );
}
