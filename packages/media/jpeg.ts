/** How images for people are written. A JPEG says nothing of its colours: they are what its definition says. */

/** For the scale filter: BT.601 in full range (JFIF 1.02), whatever the video's colours are. */
export const jpegColours = "out_color_matrix=bt601:out_range=full";

/** One image, to the file that follows. */
export const jpegArguments = ["-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg"] as const;
