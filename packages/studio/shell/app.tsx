/** The page as a whole: a login where one is needed, else head, what is wrong, and one of the pages. */
import { useEffect, useRef } from "preact/hooks";
import { KeysPage } from "../access/keys-page.tsx";
import { Limits, NotForThisKey } from "../access/limits.tsx";
import { LoginPage } from "../access/login-page.tsx";
import { LibraryPage } from "../library/library-page.tsx";
import { SystemPage } from "../system/system-page.tsx";
import { texts } from "../texts.ts";
import { DropCover } from "../upload/drop-cover.tsx";
import { uploads } from "../upload/uploads.ts";
import { VideoPage } from "../video/video-page.tsx";
import { WebhooksPage } from "../webhooks/webhooks-page.tsx";
import { Announcements } from "./announce.tsx";
import { Header } from "./header.tsx";
import { followLinks, location, pages, videoIdIn } from "./location.ts";
import { may, session } from "./session.ts";
import { here } from "./settings.ts";
import { TroubleBanner } from "./trouble-banner.tsx";
import { useTitle } from "./use-title.ts";
import { watchVitals } from "./vitals.ts";

export function App() {
  useEffect(followLinks, []);
  // Another session is another page, so that nothing of an earlier one is left on it.
  return session.value ? <Pages key={session.value.key?.id} /> : <LoginPage />;
}

function Pages() {
  useEffect(() => (may("read") ? watchVitals() : undefined), []);
  useEffect(() => {
    // What an earlier visit left unfinished.
    if (may("upload")) void uploads.restore();
  }, []);
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
      <Limits />
      <main id="main" tabIndex={-1} ref={main}>
        <Page path={path} />
      </main>
      {may("upload") && <DropCover />}
      <Announcements />
    </>
  );
}

function Page({ path }: { path: string }) {
  if (path === pages.keys) return <KeysPage />;
  if (path === pages.webhooks) return <WebhooksPage />;
  const videoId = videoIdIn(path);
  const isKnown = videoId !== null || path === pages.library || path === pages.system;
  if (isKnown && !may("read")) return <NotForThisKey scope="read" />;
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
