/**
 * The player: a custom element for pages of ours. Importing this module defines it; the page then has, in HTML or by script,
 *
 *     <video-backend-player src="../stream/ID/master.m3u8" poster="../stream/ID/poster.jpg"
 *       storyboard="../stream/ID/storyboard/storyboard.vtt" video-title="A film" style="aspect-ratio: 16 / 9">
 *     </video-backend-player>
 *
 * It fills the width it is given and keeps the aspect ratio, which is the page's to set, so that nothing jumps when the
 * script comes. A video plays while it is still being encoded; a storyboard that is not there yet is looked for again.
 */
export { VideoPlayer } from "./video-player.ts";
