CREATE TABLE `captions` (
	`hash` text NOT NULL,
	`lang` text NOT NULL,
	`label` text,
	`webvtt` text NOT NULL,
	`bytes` integer NOT NULL,
	`updated_at` real NOT NULL,
	PRIMARY KEY(`hash`, `lang`),
	FOREIGN KEY (`hash`) REFERENCES `videos`(`hash`) ON UPDATE no action ON DELETE cascade
);
