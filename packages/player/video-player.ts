/**
 * The element `<video-backend-player>`: our layout of media-chrome's controls around a <video>, in a shadow root, so that
 * neither page nor player sees the other's styles. Its attributes are read when it is put into a page; to show another
 * video, put in another element.
 */
import { controls } from "./controls.ts";
import { forwardKeys } from "./page-keys.ts";
import css from "./player.css" with { type: "text" };
import { addStoryboard } from "./storyboard.ts";
import { openStream } from "./stream.ts";

/**
 * Attributes, each optional but `src`:
 * - `src`: the master playlist; `poster`: a picture; `storyboard`: WebVTT of tiles (`#xywh=`)
 * - `video-title`: shown over the picture in full screen, and always where `framed` is
 * - `autoplay`, `muted`; `start`: seconds into the video
 * - `page-keys`: keys that are pressed anywhere on the page, outside of fields and buttons, are the player's
 */
export class VideoPlayer extends HTMLElement {
  #closing = new AbortController();

  /** What plays: a standard media element, with all its events. Null until the player is in a page. */
  get video(): HTMLVideoElement | null {
    return this.shadowRoot?.querySelector("video") ?? null;
  }

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(controls.content.cloneNode(true));
    this.#closing = new AbortController();
    this.#open(root, this.#closing.signal);
  }

  disconnectedCallback(): void {
    this.#closing.abort();
    this.shadowRoot?.replaceChildren();
  }

  #open(root: ShadowRoot, closing: AbortSignal): void {
    const video = element(root, "video", HTMLVideoElement);
    const poster = this.getAttribute("poster");
    const title = this.getAttribute("video-title");
    const start = Number(this.getAttribute("start") ?? 0);
    video.muted = this.hasAttribute("muted");
    video.autoplay = this.hasAttribute("autoplay");
    element(root, ".title", HTMLElement).textContent = title;
    if (poster) showPoster(element(root, ".poster", HTMLImageElement), poster);
    if (title) nameForSystem(title, poster);

    // It says whether it is on (aria-checked), which ARIA allows of a switch and not of a button.
    element(root, "media-captions-button", HTMLElement).role = "switch";
    const notice = element(root, ".notice", HTMLElement);
    openStream(video, {
      url: new URL(this.getAttribute("src") ?? "", document.baseURI).href,
      startSeconds: Number.isFinite(start) ? Math.max(0, start) : 0,
      say: (sentence) => {
        notice.textContent = sentence;
        notice.hidden = sentence === null;
      },
      closing,
    });
    const storyboard = this.getAttribute("storyboard");
    if (storyboard) addStoryboard(video, new URL(storyboard, document.baseURI).href, closing);
    if (this.hasAttribute("page-keys")) forwardKeys(element(root, "media-controller", HTMLElement), closing);
  }
}

/** Hidden while it has not come, and for good where there is none. */
function showPoster(image: HTMLImageElement, address: string): void {
  image.addEventListener("load", () => {
    image.hidden = false;
  });
  image.src = address;
}

/** What a lock screen or a media key's panel shows. */
function nameForSystem(title: string, poster: string | null): void {
  if (!("mediaSession" in navigator)) return;
  const artwork = poster ? [{ src: new URL(poster, document.baseURI).href }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title, artwork });
}

function element<Type extends Element>(root: ShadowRoot, selector: string, type: new () => Type): Type {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The player's layout has no ${selector}`);
  return found;
}

if (!customElements.get("video-backend-player")) customElements.define("video-backend-player", VideoPlayer);
