/**
 * The layout: which of media-chrome's controls there are, and where. Menus that have nothing to choose are hidden by the
 * style sheet. The order here is the order of the Tab key.
 */
import "media-chrome";
import "media-chrome/menu";
// Before any <video> is made here: the menus ask the element once for the lists that this adds to it.
import "media-tracks/polyfill";

const menu = (label: string, element: string) => `
  <media-settings-menu-item>
    ${label}
    <${element} slot="submenu" hidden><div slot="title">${label}</div></${element}>
  </media-settings-menu-item>`;

/** Two sliders, in place of the three dots that media-chrome draws. */
const sliders = `
  <svg slot="icon" aria-hidden="true" viewBox="0 0 24 24">
    <path d="M3 7h9v2H3zm15 0h3v2h-3zM3 15h3v2H3zm9 0h9v2h-9z"/>
    <circle cx="15" cy="8" r="3"/><circle cx="9" cy="16" r="3"/>
  </svg>`;

/** What goes into the player's shadow root. */
export const controls = document.createElement("template");
controls.innerHTML = `
  <media-controller keyboardforwardseekoffset="5" keyboardbackwardseekoffset="5" tabindex="0">
    <video slot="media" playsinline crossorigin preload="metadata"></video>
    <img slot="poster" class="poster" alt="" hidden>
    <div slot="top-chrome" class="title"></div>
    <media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
    <media-play-button slot="centered-chrome" class="big" notooltip></media-play-button>
    <div slot="centered-chrome" class="notice" role="status" noautohide hidden></div>
    <media-settings-menu anchor="auto" hidden>
      ${menu("Quality", "media-rendition-menu")}
      ${menu("Subtitles", "media-captions-menu")}
      ${menu("Audio", "media-audio-track-menu")}
      ${menu("Speed", "media-playback-rate-menu")}
    </media-settings-menu>
    <div class="bottom">
      <media-time-range></media-time-range>
      <media-control-bar>
        <media-play-button></media-play-button>
        <media-mute-button></media-mute-button>
        <media-volume-range></media-volume-range>
        <media-time-display showduration notoggle></media-time-display>
        <span class="spacer"></span>
        <media-captions-button></media-captions-button>
        <media-settings-menu-button>${sliders}</media-settings-menu-button>
        <media-airplay-button></media-airplay-button>
        <media-pip-button></media-pip-button>
        <media-fullscreen-button></media-fullscreen-button>
      </media-control-bar>
    </div>
  </media-controller>`;
