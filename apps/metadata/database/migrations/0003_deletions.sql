CREATE TABLE `deletions` (
	`hash` text PRIMARY KEY NOT NULL,
	`deleted_at` real NOT NULL
);--> statement-breakpoint
-- What the feed still tells of was deleted before there was this table.
INSERT INTO `deletions` (`hash`, `deleted_at`) SELECT `hash`, max(`changed_at`) FROM `changes` WHERE `kind` = 'video.deleted' AND `hash` NOT IN (SELECT `hash` FROM `videos`) GROUP BY `hash`;
