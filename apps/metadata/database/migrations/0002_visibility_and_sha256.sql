-- Written by hand: what drizzle-kit makes of a new CHECK drops the table, and the captions with it.
ALTER TABLE `videos` ADD `visibility` text DEFAULT 'public' NOT NULL CONSTRAINT "videos_visibility" CHECK("visibility" in ('public', 'private'));--> statement-breakpoint
ALTER TABLE `videos` ADD `sha256` text CONSTRAINT "videos_sha256" CHECK(length("sha256") = 64 and "sha256" not glob '*[^0-9a-f]*');--> statement-breakpoint
CREATE INDEX `videos_by_sha256` ON `videos` (`sha256`,`created_at`,`id`);
