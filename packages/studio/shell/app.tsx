/** The page as a whole: head, what is wrong, and one of the pages. */
import { useEffect, useRef } from "preact/hooks";
import { LibraryPage } from "../library/library-page.tsx";
import { SystemPage } from "../system/system-page.tsx";
import { texts } from "../texts.ts";
import { DropCover } from "../upload/drop-cover.tsx";
import { VideoPage } from "../video/video-page.tsx";
import { Announcements } from "./announce.tsx";
import { Header } from "./header.tsx";
import { followLinks, location, pages, videoIdIn } from "./location.ts";
import { here } from "./settings.ts";
import { TroubleBanner } from "./trouble-banner.tsx";
import { useTitle } from "./use-title.ts";

export function App() {
  useEffect(followLinks, []);
  const { path } = location.value;
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    // A new page is read from its beginning.
    if (before.current !== path) main.current?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  return (
    <>
      <a class="skip" href="#main">
        {texts.skip}
      </a>
      <Header />
      <TroubleBanner />
      <main id="main" tabIndex={-1} ref={main}>
        <Page path={path} />
      </main>
      <DropCover />
      <Announcements />
    </>
  );
}

function Page({ path }: { path: string }) {
  const videoId = videoIdIn(path);
  if (videoId) return <VideoPage key={videoId} id={videoId} />;
  if (path === pages.library) return <LibraryPage />;
  if (path === pages.system) return <SystemPage />;
  return <NotFound />;
}

function NotFound() {
  useTitle(texts.notFound.title);
  return (
    <section class="blank">
      <h1>{texts.notFound.title}</h1>
      <p>{texts.notFound.words}</p>
      <a class="button" href={here(pages.library)}>
        {texts.notFound.back}
      </a>
    </section>
  );
}
