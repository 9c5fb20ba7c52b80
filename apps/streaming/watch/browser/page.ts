/** The script of the watch page: the player is all of it. */
import "@video-backend/player";
