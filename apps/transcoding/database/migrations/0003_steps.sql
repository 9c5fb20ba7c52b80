CREATE TABLE `steps` (
	`video_id` text NOT NULL,
	`step` text NOT NULL,
	PRIMARY KEY(`video_id`, `step`),
	FOREIGN KEY (`video_id`) REFERENCES `jobs`(`video_id`) ON UPDATE no action ON DELETE cascade
);
