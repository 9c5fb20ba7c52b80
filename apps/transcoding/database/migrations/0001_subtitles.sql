CREATE TABLE `subtitles` (
	`video_id` text NOT NULL,
	`folder` text NOT NULL,
	`source` text NOT NULL,
	`codec` text NOT NULL,
	`language` text,
	`title` text,
	`is_default` integer NOT NULL,
	`is_forced` integer NOT NULL,
	`updated_at` real,
	`reason` text,
	PRIMARY KEY(`video_id`, `folder`),
	FOREIGN KEY (`video_id`) REFERENCES `jobs`(`video_id`) ON UPDATE no action ON DELETE cascade
);
